# The image with a Chromium, for pages that need one: `make image-browser` builds it, docs/browser.md says how to run it.
#
# It is made from the plain image, which must have the library for the browser: --build-arg EXTRAS=report,browser
ARG IMAGE=asyncscrape
FROM ${IMAGE}
USER root
RUN apt-get update \
    && apt-get install --yes --no-install-recommends chromium fonts-liberation tini \
    && rm -rf /var/lib/apt/lists/*
# Chromium writes settings and caches; only /data and /tmp can be written.
ENV XDG_CONFIG_HOME=/tmp/config XDG_CACHE_HOME=/tmp/cache
# Processes of a browser that was ended are left to process 1, and the crawler would not bury them. tini does, and hands
# signals on.
ENTRYPOINT ["tini", "--", "asyncscrape"]
CMD ["--help"]
USER 65532:65532
