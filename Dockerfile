# syntax=docker/dockerfile:1
# docker build -t statelog . && docker run --rm -v "$PWD:/data" statelog get orders order:1
FROM node:22-slim AS build
WORKDIR /source
COPY . .
RUN npm ci && npm pack --pack-destination /packed

FROM node:22-slim
COPY --from=build /packed/ /packed/
RUN npm install -g --ignore-scripts --no-audit --no-fund --cache /tmp/npm /packed/*.tgz && rm -r /packed /tmp/npm
WORKDIR /data
USER node
ENTRYPOINT ["statelog"]
CMD ["--help"]
