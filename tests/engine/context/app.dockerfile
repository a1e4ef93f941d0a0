# The image of most engine tests: every step leaves something behind that a later step changes.
FROM lighten/base:1
LABEL org.example.title="engine test" org.example.words="Grüße, \"quoted\""
ENV APP_HOME=/opt/app GREETING="grüß dich" EMPTY=
# Bodies that die: deleted, replaced, stored again by a chmod.
RUN mkdir -p /opt/app/data && seq 300000 >/opt/app/data/dead && seq 1000 >/opt/app/data/kept
RUN for i in $(seq 60); do echo "file $i" >/opt/app/data/f$i; done
RUN rm /opt/app/data/dead /base/big
RUN rm /opt/app/data/f1*; echo changed >/opt/app/data/f20; chmod 600 /opt/app/data/f3?
RUN echo back >/opt/app/data/f11
# Hard links: the first name goes, one name gets other content, a group changes its mode.
RUN mkdir /srv/links && cd /srv/links && seq 5000 >carrier && ln carrier b && ln carrier c && ln carrier z
RUN rm /srv/links/carrier
RUN cd /srv/links && echo new >c.new && mv c.new c
RUN cd /srv/links && seq 77 >one && ln one two && mkdir sub && ln one sub/three
RUN chmod 604 /srv/links/one && chown 12:13 /srv/links/one
RUN rm /base/lost/a /base/lost/b /base/all/?
RUN echo other >/base/split/new && mv /base/split/new /base/split/a && ln /base/kept/b /srv/links/of-base
RUN cd /srv/links && mkfifo pipe && ln pipe pipe2 && ln -s b link && ln link link2
# Capabilities and modes.
RUN mkdir /opt/app/bin && cp /bin/id /opt/app/bin/net && setcap cap_net_raw,cap_net_bind_service+ep /opt/app/bin/net
RUN cp /opt/app/bin/net /opt/app/bin/first && setcap cap_chown=ei /opt/app/bin/first && ln /opt/app/bin/first /opt/app/bin/second
RUN rm /opt/app/bin/first
RUN cp /bin/true /opt/app/bin/suid && chmod 4755 /opt/app/bin/suid && cp /bin/true /opt/app/bin/sgid && chmod 2711 /opt/app/bin/sgid
RUN mkdir -m 1777 /opt/app/sticky && mkdir -m 2775 /opt/app/shared && mkdir -m 0500 /opt/app/closed && echo x >/opt/app/closed/x && chmod 0 /opt/app/closed/x
RUN chmod 640 /base/chmod-later && touch -d @1100000000 /base/xattr.new
# A tree that is stored three times.
RUN for d in a b c/d/e; do mkdir -p /srv/tree/$d; for i in $(seq 15); do seq $i 999 >/srv/tree/$d/$i; done; done
RUN chown -R 1000:2000 /srv/tree
RUN chmod -R go-rwx /srv/tree
# Special files and links.
RUN mkdir /srv/special && cd /srv/special && mkfifo -m 600 fifo && mknod -m 640 null c 1 3 && mknod loop b 7 0
RUN rm /base/fifo /base/disk && mknod /base/fifo c 1 5
RUN mkdir /srv/farm && cd /srv/farm && for i in $(seq 40); do ln -s ../tree/a/$i rel-$i; ln -s /srv/tree/b/$i abs-$i; done
RUN rm /srv/farm/rel-1*; ln -s gone /srv/farm/dangling; ln -s loop2 /srv/farm/loop1; ln -s loop1 /srv/farm/loop2
# Folders that go and come back, in one step and in two; types that change.
RUN mkdir /srv/again /srv/twice && touch -d @1200000000 /srv/again/old /srv/again/both /srv/twice/old /srv/twice/both && mkdir /srv/again/sub && echo 1 >/srv/again/sub/x
RUN rm -rf /srv/again && mkdir -m 711 /srv/again && echo again >/srv/again/both && mkdir /srv/again/sub && echo 2 >/srv/again/sub/y
RUN rm -rf /srv/twice
RUN mkdir -m 770 /srv/twice && echo twice >/srv/twice/both && rm -rf /base/folder
RUN mkdir /srv/types && cd /srv/types && echo f >file-dir && mkdir dir-link dir-file real && echo x >dir-link/x && echo x >dir-file/x && ln -s real link-dir && ln -s real link-file && mkfifo pipe-file
RUN cd /srv/types && rm -r file-dir dir-link dir-file link-dir link-file pipe-file && mkdir file-dir link-dir && echo in >file-dir/in && echo in >link-dir/in && ln -s real dir-link && echo file >dir-file && echo file >link-file && echo file >pipe-file
# Names.
RUN mkdir /srv/names && cd /srv/names && echo 1 >Grüße && echo 2 >"$(printf 'raw\377\376')" && echo 3 >' space ' && echo 4 >"$(printf 'new\nline\ttab')" && echo 5 >'back\slash' && echo 6 >.wx && echo 7 >A && echo 8 >a
RUN cd /srv/names && n=$(printf '%0120d' 0) && echo long >$n && ln $n $n-link && ln -s $n $n-symlink && mkdir -p $n-dir/$n/$n && echo deep >$n-dir/$n/$n/$n && echo max >$(printf '%0255d' 1)
RUN cd /srv/names && n=$(printf '%0120d' 0) && chmod 600 $n-dir/$n/$n/$n && ln -s $n-dir/$n/$n/$n far
# Nothing at all, then the rest of the config.
RUN true
COPY report.sh /opt/report.sh
RUN mkdir /data && echo volume >/data/file && chown -R 1000:2000 /data && rm /base/xattr.new
WORKDIR /opt/app/work
EXPOSE 8080/tcp 53/udp
VOLUME /data
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s CMD ["/bin/true"]
ONBUILD RUN echo "built on"
USER 1000:2000
ENTRYPOINT ["/bin/sh", "/opt/report.sh"]
CMD ["hello", "world"]
