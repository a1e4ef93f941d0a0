# What careless images look like: lists, packages and caches of package managers left behind.
FROM policy/base:1
ARG PACKAGES
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update
RUN apt-get install -y --no-install-recommends $PACKAGES
COPY app /srv/app
COPY npm-cache /root/.npm
COPY big.sh python.py /tmp/build/
RUN sh /tmp/build/big.sh
ENV MYSQL_HISTFILE=/dev/null
WORKDIR /srv/app
CMD ["node", "-e", "require('express'); console.log('ok')"]
