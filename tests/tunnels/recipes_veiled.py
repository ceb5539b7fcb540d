"""Tunnels that hide what they are, and networks over networks."""

import json
import time

from lab import SERVER
from recipe import recipe
from recipes_remote import host_key
from recipes_tunnel import certificates, tor_client, tor_server, web_server


def fetch_through_socks(lab, port):
    lab.do("client", "curl", "-s", "--socks5", f"127.0.0.1:{port}", f"http://{SERVER}:8000/")


@recipe("shadowsocks", "shadowsocks-libev: AEAD, made to look like nothing", "tcp port 8388")
def _(lab, begin):
    web_server(lab)
    words = ["-s", SERVER, "-p", 8388, "-k", "word", "-m", "chacha20-ietf-poly1305"]
    lab.start("server", "ss-server", *words)
    lab.wait_for_port(8388)
    lab.start("client", "ss-local", *words, "-b", "127.0.0.1", "-l", 1080)
    lab.wait_for_port(1080, "tcp", "client")
    begin()
    fetch_through_socks(lab, 1080)


@recipe("vmess", "V2Ray: VMess over TCP", "tcp port 10086")
def _(lab, begin):
    web_server(lab)
    user = {"id": "2d3c1f52-9f3a-4b6f-8f0e-1b2f6f6b7a02", "alterId": 0}
    server = {"inbounds": [{"port": 10086, "protocol": "vmess", "settings": {"clients": [user]}}], "outbounds": [{"protocol": "freedom"}]}
    client = {
        "inbounds": [{"listen": "127.0.0.1", "port": 1080, "protocol": "socks", "settings": {"auth": "noauth"}}],
        "outbounds": [{"protocol": "vmess", "settings": {"vnext": [{"address": SERVER, "port": 10086, "users": [user]}]}}],
    }
    for end, config in (("server", server), ("client", client)):
        lab.start(end, "v2ray", "-config", lab.write(f"{end}.json", json.dumps(config)))
    lab.wait_for_port(10086)
    lab.wait_for_port(1080, "tcp", "client")
    begin()
    fetch_through_socks(lab, 1080)


@recipe("trojan", "trojan: TLS, then a password where HTTP is expected", "tcp port 8443")
def _(lab, begin):
    web_server(lab)
    certificates(lab)
    common = {"password": ["word"], "log_level": 1}
    server = common | {
        "run_type": "server", "local_addr": SERVER, "local_port": 8443, "remote_addr": SERVER, "remote_port": 8000,
        "ssl": {"cert": str(lab.folder / "server.crt"), "key": str(lab.folder / "server.key"), "alpn": ["http/1.1"]},
    }  # fmt: skip
    client = common | {
        "run_type": "client", "local_addr": "127.0.0.1", "local_port": 1080, "remote_addr": SERVER, "remote_port": 8443,
        "ssl": {"verify": False, "verify_hostname": False, "sni": "www.example.com", "alpn": ["h2", "http/1.1"]},
    }  # fmt: skip
    for end, config in (("server", server), ("client", client)):
        lab.start(end, "trojan", "-c", lab.write(f"{end}.json", json.dumps(config)))
    lab.wait_for_port(8443)
    lab.wait_for_port(1080, "tcp", "client")
    begin()
    fetch_through_socks(lab, 1080)


@recipe("tor", "tor and a bridge: the link handshake", "tcp port 9001", 40)
def _(lab, begin):
    tor_server(lab, "")
    lab.wait_for_port(9001)
    begin()
    tor_client(lab, f"Bridge {SERVER}:9001\n")


@recipe("obfs4", "tor and a bridge behind obfs4proxy", "tcp port 9002", 40)
def _(lab, begin):
    plugin = "ServerTransportPlugin obfs4 exec /usr/bin/obfs4proxy\n"
    tor_server(lab, f"{plugin}ServerTransportListenAddr obfs4 {SERVER}:9002\nExtORPort auto\n")
    lab.wait_for_port(9002)
    line = (lab.folder / "server/pt_state/obfs4_bridgeline.txt").read_text().splitlines()[-1]
    cert = line[line.index("cert=") :]
    begin()
    tor_client(lab, f"ClientTransportPlugin obfs4 exec /usr/bin/obfs4proxy\nBridge obfs4 {SERVER}:9002 {cert}\n")


@recipe("sshuttle", "sshuttle: a VPN through OpenSSH", "tcp port 2222", 40)
def _(lab, begin):
    key = host_key(lab)
    lab.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", lab.folder / "user_key")
    (lab.folder / "user_key.pub").chmod(0o600)
    lab.do("server", "mkdir", "-p", "/run/sshd")
    own = ["-o", "PidFile=none", "-o", f"AuthorizedKeysFile={lab.folder}/user_key.pub", "-o", "StrictModes=no", "-o", "PermitRootLogin=yes"]
    lab.start("server", "/usr/sbin/sshd", "-D", "-e", "-p", 2222, "-h", key, *own)
    lab.wait_for_port(2222)
    begin()
    ssh = f"ssh -i {lab.folder}/user_key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    lab.start("client", "sshuttle", "--method", "nat", "-e", ssh, "-r", f"root@{SERVER}:2222", "10.9.11.0/24")
    time.sleep(6)


def softether_commands(lab, end, *commands):
    tool = ["vpncmd", "/SERVER", "localhost"] if end == "server" else ["vpncmd", "/CLIENT", "localhost"]
    for command in commands:
        lab.do(end, *tool, "/CMD", *command.split(), input="", seconds=15)


@recipe("softether", "SoftEther VPN: the client's session", "tcp port 5555", 40)
def _(lab, begin):
    for end, program in (("server", "vpnserver"), ("client", "vpnclient")):
        # Configuration and logs lie beside the program: a copy of its own.
        lab.run("cp", "-rL", f"/usr/libexec/softether/{program}", lab.folder / end)
        lab.start(end, "unshare", "-m", "bash", "-c", f"mount -t tmpfs none /run && mkdir /run/softether && exec {lab.folder}/{end}/{program} execsvc")
    lab.wait_for_port(5555)
    lab.wait_for_port(9931, "tcp", "client")
    softether_commands(lab, "server", "HubCreate lab /PASSWORD:word")
    for command in ("UserCreate person /GROUP:none /REALNAME:none /NOTE:none", "UserPasswordSet person /PASSWORD:word"):
        lab.do("server", "vpncmd", "/SERVER", "localhost", "/ADMINHUB:lab", "/PASSWORD:word", "/CMD", *command.split(), input="", seconds=15)
    softether_commands(
        lab, "client", "NicCreate vpn", f"AccountCreate lab /SERVER:{SERVER}:5555 /HUB:lab /USERNAME:person /NICNAME:vpn",
        "AccountPasswordSet lab /PASSWORD:word /TYPE:standard",
    )  # fmt: skip
    begin()
    softether_commands(lab, "client", "AccountConnect lab")
    time.sleep(5)


@recipe("nebula", "nebula: handshake and pings", "udp port 4242", 12)
def _(lab, begin):
    lab.run("nebula-cert", "ca", "-name", "lab", cwd=lab.folder)
    for end, own in (("server", "10.9.9.1"), ("client", "10.9.9.2")):
        lab.run("nebula-cert", "sign", "-name", end, "-ip", f"{own}/24", cwd=lab.folder)
        config = {
            "pki": {"ca": "ca.crt", "cert": f"{end}.crt", "key": f"{end}.key"},
            "static_host_map": {"10.9.9.1": [f"{SERVER}:4242"]},
            "lighthouse": {"am_lighthouse": end == "server", "hosts": [] if end == "server" else ["10.9.9.1"]},
            "listen": {"host": "0.0.0.0", "port": 4242 if end == "server" else 0},
            "tun": {"dev": "nebula"},
            "firewall": {"outbound": [{"port": "any", "proto": "any", "host": "any"}], "inbound": [{"port": "any", "proto": "any", "host": "any"}]},
        }
        if end == "client":
            lab.wait_for_port(4242, "udp")
            begin()
        lab.start(end, "nebula", "-config", lab.write(f"{end}.yml", json.dumps(config)))
    time.sleep(3)
    lab.do("client", "ping", "-c", 3, "10.9.9.1", seconds=6)


@recipe("n2n", "n2n: an edge registers at a supernode", "udp port 7654", 12)
def _(lab, begin):
    lab.start("server", "supernode", "-l", 7654, "-f")
    lab.wait_for_port(7654, "udp")
    begin()
    lab.start("client", "edge", "-a", "10.9.10.2", "-c", "lab", "-k", "word", "-l", f"{SERVER}:7654", "-f")
    time.sleep(5)


@recipe("mosh", "mosh: its datagrams (the SSH before them is another connection)", "udp port 60001", 16)
def _(lab, begin):
    told = lab.do("server", "env", "LC_ALL=C.UTF-8", "mosh-server", "new", "-i", SERVER, "-p", 60001, "--", "sleep", 20)
    key = next(line.split()[3] for line in (told.stdout + told.stderr).splitlines() if line.startswith("MOSH CONNECT"))
    begin()
    script = f"env MOSH_KEY={key} LC_ALL=C.UTF-8 TERM=xterm script -qc 'stty rows 24 cols 80; mosh-client {SERVER} 60001' /dev/null"
    lab.do("client", "bash", "-c", f"sleep 3 | {script}", seconds=4)
