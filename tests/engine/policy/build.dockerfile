# An image that builds: a compiler, and what it needs.
FROM policy/base:1
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update
RUN apt-get install -y --no-install-recommends tcc libc6-dev
COPY build.sh /
RUN sh /build.sh && rm /build.sh
CMD ["sh", "-c", "cd /srv/src && tcc -o /run/hello main.o other.c && /run/hello"]
