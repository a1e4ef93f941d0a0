# Every trap that needs no program of Debian's; the commands of the config lie in /tmp.
FROM policy/tiny:1
COPY small.sh /
RUN sh /small.sh
RUN rm /small.sh
WORKDIR /tmp/unpacked-app
ENV DATA=/tmp/data/file APP_HOME=/srv/app
VOLUME /tmp/volume
ENTRYPOINT ["/tmp/app.sh"]
CMD ["one"]
