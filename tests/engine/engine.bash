# shellcheck shell=bash
# Private engines for the tests: everything lives below one folder and one mount namespace.
#
# engine_begin makes the folder ($ENGINE) and a process that holds the namespace.  A keeper outside
# of the tests waits for their end, however they end, stops what runs and removes the folder.

engine_possible() {
	[ "$(id -u)" -eq 0 ]
}

engine_begin() {
	local place
	ENGINE=$(mktemp -d "${TMPDIR:-/var/tmp}/lighten-engine.XXXXXX")
	export ENGINE ENGINE_OWNER=$$
	engine_disk
	mkdir "$ENGINE/tmp"
	# Not every place that they write to is an option: what goes to /etc, /run, /var/lib stays here.
	unshare --mount --propagation private sleep infinity >/dev/null 2>&1 3>&- &
	echo $! >"$ENGINE/holder.pid"
	disown
	# shellcheck disable=SC2016
	setsid bash -c '. "$1"; engine_keep' keeper "${BASH_SOURCE[0]}" >/dev/null 2>&1 3>&- &
	disown
	export TMPDIR=$ENGINE/tmp
	until [ "$(readlink "/proc/$(<"$ENGINE/holder.pid")/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]; do
		sleep 0.02
	done
	inside mount -t tmpfs run /run
	# podman keeps its locks there, in a size of its own, which another podman would not take.
	inside mount -t tmpfs shm /dev/shm
	for place in /etc /var/lib; do
		mkdir -p "$ENGINE/host$place/upper" "$ENGINE/host$place/work"
		inside mount -t overlay -o \
			"lowerdir=$place,upperdir=$ENGINE/host$place/upper,workdir=$ENGINE/host$place/work" host $place
	done
}

# Engines stack layers by overlays, which not every file system carries: that of a container or of
# the network does not.  There, a disk in a file does; its space is free again when it is unmounted.
engine_disk() {
	local probe=$ENGINE/probe status=0
	mkdir -p "$probe"/{lower,upper,work}
	python3 -c 'import os, sys; os.setxattr(sys.argv[1], "trusted.overlay.probe", b"y")' "$probe/upper" &&
		unshare --mount --propagation private mount -t overlay -o \
			"lowerdir=$probe/lower,upperdir=$probe/upper,workdir=$probe/work" probe "$probe/lower" || status=$?
	rm -rf "$probe"
	[ "$status" -ne 0 ] || return 0
	echo "no overlay can be mounted in ${ENGINE%/*}: making a disk of ext4 there" >&2
	truncate --size 64G "$ENGINE.disk"
	mkfs.ext4 -q -m 0 "$ENGINE.disk"
	mount -o loop "$ENGINE.disk" "$ENGINE" ||
		echo 'nor a disk in a file: set TMPDIR to a folder on ext4 or xfs' >&2
	rm -rf "$ENGINE.disk" "$ENGINE/lost+found"
}

# inside COMMAND...: run it here, but where the mounts of the engines are visible.
inside() {
	# shellcheck disable=SC2016
	nsenter --mount --target "$(<"$ENGINE/holder.pid")" -- sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"
}

engine_keep() {
	while kill -0 "$ENGINE_OWNER" && [ -e "$ENGINE" ]; do
		sleep 0.5
	done
	engine_end
}

# Stop the engines in the order of their dependence, wait until each is gone, remove the folder.
engine_end() {
	local name pid
	[ -e "${ENGINE-}" ] || return 0
	for name in docker containerd; do
		[ -e "$ENGINE/$name.pid" ] || continue
		pid=$(<"$ENGINE/$name.pid")
		kill "$pid" 2>/dev/null
		engine_wait "$pid" || kill -9 "$pid"
	done
	# What an engine that had to be killed leaves: shims, whose command line names the folder.
	grep -lsF "$ENGINE" /proc/[0-9]*/cmdline | while IFS=/ read -r _ _ pid _; do
		! grep -qsE 'shim|conmon' "/proc/$pid/comm" || kill -9 "$pid"
	done
	if [ -e "$ENGINE/holder.pid" ]; then
		pid=$(<"$ENGINE/holder.pid")
		kill "$pid" 2>/dev/null
		engine_wait "$pid"
	fi
	if mountpoint --quiet "$ENGINE"; then
		umount "$ENGINE" || umount --lazy "$ENGINE"
	fi
	rm -rf --one-file-system "$ENGINE"
}

# engine_wait PROCESS: until it is gone, if only a zombie that nobody reaps
engine_wait() {
	for _ in $(seq 300); do
		readlink "/proc/$1/exe" >/dev/null || return 0
		sleep 0.1
	done
	return 1
}

# daemon NAME COMMAND...: start it inside, note its process and its log.
daemon() {
	local name=$1
	shift
	nsenter --mount --target "$(<"$ENGINE/holder.pid")" --no-fork -- "$@" \
		>"$ENGINE/$name.log" 2>&1 </dev/null 3>&- &
	echo $! >"$ENGINE/$name.pid"
	disown
}

# answers NAME COMMAND...: wait until a daemon does.
answers() {
	local name=$1
	shift
	for _ in $(seq 1200); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	echo "$name does not answer:" >&2
	tail -n 20 "$ENGINE/$name.log" >&2
	return 1
}

start_containerd() {
	cat >"$ENGINE/containerd.toml" <<-EOF
		version = 2
		root = "$ENGINE/containerd/root"
		state = "$ENGINE/containerd/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[grpc]
		  address = "$ENGINE/containerd.sock"
	EOF
	daemon containerd containerd --config "$ENGINE/containerd.toml"
	answers containerd ctr version
}

start_docker() {
	start_containerd
	echo '{}' >"$ENGINE/daemon.json"
	daemon docker dockerd --containerd "$ENGINE/containerd.sock" --config-file "$ENGINE/daemon.json" \
		--data-root "$ENGINE/docker" --exec-root "$ENGINE/exec" --pidfile "$ENGINE/dockerd.pid" \
		--host "unix://$ENGINE/docker.sock" --storage-driver overlay2 \
		--bridge=none --iptables=false --ip6tables=false
	answers docker docker info
}

# The client that came with the daemon, for another one may be newer than the daemon's interface.
docker() {
	local client
	client=$(dirname "$(command -v dockerd)")/../bin/docker
	[ -x "$client" ] || client=docker
	DOCKER_BUILDKIT=0 DOCKER_CONFIG=$ENGINE/client DOCKER_HOST=unix://$ENGINE/docker.sock \
		command "$client" "$@"
}

ctr() {
	inside ctr --address "$ENGINE/containerd.sock" --namespace lighten "$@"
}

# podman with the storage driver $PODMAN_DRIVER (overlay unless set); it takes no longer path than 50
# characters for what is in the /run of the engines here
podman() {
	local driver=${PODMAN_DRIVER:-overlay}
	inside env "TMPDIR=$ENGINE/tmp" podman --root "$ENGINE/podman-$driver" --runroot "/run/$driver" \
		--tmpdir "/run/$driver-tmp" --storage-driver "$driver" --cgroup-manager cgroupfs \
		--events-backend file "$@"
}

podman_run() {
	podman run --rm --network none --no-healthcheck --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 "$@"
}

skopeo() {
	inside env "TMPDIR=$ENGINE/tmp" skopeo --insecure-policy "$@"
}

umoci() {
	inside env "TMPDIR=$ENGINE/tmp" umoci "$@"
}
