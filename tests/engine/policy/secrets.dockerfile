# Secrets that are live, overwritten, deleted, in the config and in the history.
FROM policy/tiny:1
ARG TOKEN
COPY secrets.sh /
RUN sh /secrets.sh add
RUN echo $TOKEN >/dev/null && sh /secrets.sh drop && rm /secrets.sh
ENV DB_PASSWORD=correcthorsebattery
CMD ["true"]
