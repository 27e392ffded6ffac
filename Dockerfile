# The image of orthanc-share: the embedded runtime, the components, spin.toml and CA certificates, and nothing else.
# Build: docker build -t orthanc-share .     Run, and what to mount: docs/deploy.md

FROM rust:1.95-slim-bookworm AS build
# The image's own compiler, whatever rust-toolchain.toml would have rustup download.
ENV RUSTUP_TOOLCHAIN=1.95.0
RUN rustup target add wasm32-wasip2
WORKDIR /src
COPY . .
# Cargo's downloads and the compiler's work are kept between builds; the first one takes some ten minutes.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo xtask build && deploy/docker/rootfs.sh /rootfs

# No shell, no package manager, no libc but the one that the binary is linked to.
FROM scratch
COPY --from=build /rootfs /
# Two lines, because a volume takes its owner from the image's directory.
COPY --from=build --chown=65532:65532 /rootfs/var/lib/orthanc-share /var/lib/orthanc-share
VOLUME /var/lib/orthanc-share
USER 65532:65532
WORKDIR /app
ENV SPIN_HTTP_LISTEN_ADDR=0.0.0.0:8000 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
EXPOSE 8000
# The first start compiles the components, which the volume keeps.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["/app/orthanc-share", "health"]
ENTRYPOINT ["/app/orthanc-share"]
CMD ["up", "--state-dir", "/var/lib/orthanc-share"]
