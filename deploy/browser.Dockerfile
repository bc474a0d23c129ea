# The image with a Chromium, for pages that need one: `make image-browser` builds it, docs/browser.md says how to run it.
#
# It is made from the plain image, which must have the library for the browser: --build-arg EXTRAS=report,browser
ARG IMAGE=asyncscrape
FROM ${IMAGE}
USER root
RUN apt-get update \
    && apt-get install --yes --no-install-recommends chromium fonts-liberation \
    && rm -rf /var/lib/apt/lists/*
# Chromium writes settings and caches; only /data and /tmp can be written.
ENV XDG_CONFIG_HOME=/tmp/config XDG_CACHE_HOME=/tmp/cache
USER 65532:65532
