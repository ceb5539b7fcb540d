"""VPNs, proxies and tunnels."""

import time

from lab import CLIENT, SERVER
from recipe import recipe


def certificates(lab):
    """An authority and two certificates that it signed, for the lab alone."""
    lab.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj", "/CN=lab authority", "-keyout", "ca.key",
            "-out", "ca.crt", cwd=lab.folder)
    for name in ("server", "client"):
        lab.run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out",
                f"{name}.csr", cwd=lab.folder)
        lab.run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", 2,
                "-out", f"{name}.crt", cwd=lab.folder)
        (lab.folder / f"{name}.key").chmod(0o600)


def openvpn(lab, begin, protocol, *wrap):
    certificates(lab)
    common = ["--dev", "tun", "--ca", "ca.crt", "--verb", 3, "--cipher", "AES-256-GCM"]
    server_end = ("tcp-server", "tcp-client") if protocol == "tcp" else ("udp", "udp")
    pick = {"server": [], "client": []}
    for words in wrap:
        for end in pick:
            pick[end] += words(lab, end)
    lab.start("server", "openvpn", *common, "--proto", server_end[0], "--port", 1194, "--tls-server", "--dh", "none", "--cert",
              "server.crt", "--key", "server.key", "--ifconfig", "10.9.0.1", "10.9.0.2", *pick["server"])
    lab.wait_for_port(1194, protocol)
    begin()
    lab.start("client", "openvpn", *common, "--proto", server_end[1], "--remote", SERVER, 1194, "--nobind", "--tls-client", "--cert",
              "client.crt", "--key", "client.key", "--ifconfig", "10.9.0.2", "10.9.0.1", *pick["client"])
    time.sleep(5)
    lab.do("client", "ping", "-c", 2, "10.9.0.1", seconds=4)


def static_key(option):
    def words(lab, end):
        if not (lab.folder / "static.key").exists():
            lab.run("openvpn", "--genkey", "secret", "static.key", cwd=lab.folder)
        direction = [{"server": 0, "client": 1}[end]] if option == "--tls-auth" else []
        return [option, "static.key", *direction]

    return words


def tls_crypt_v2(lab, end):
    if not (lab.folder / "v2.key").exists():
        lab.run("openvpn", "--genkey", "tls-crypt-v2-server", "v2.key", cwd=lab.folder)
        lab.run("openvpn", "--tls-crypt-v2", "v2.key", "--genkey", "tls-crypt-v2-client", "v2client.key", cwd=lab.folder)
    return ["--tls-crypt-v2", "v2.key" if end == "server" else "v2client.key"]


def digest(name):
    return lambda lab, end: ["--auth", name]


OPENVPN = {
    "udp": ("udp", []), "tcp": ("tcp", []), "udp_tls_auth": ("udp", [static_key("--tls-auth")]),
    "udp_tls_auth_sha512": ("udp", [static_key("--tls-auth"), digest("SHA512")]),
    "tcp_tls_auth": ("tcp", [static_key("--tls-auth")]), "udp_tls_crypt": ("udp", [static_key("--tls-crypt")]),
    "tcp_tls_crypt": ("tcp", [static_key("--tls-crypt")]), "udp_tls_crypt_v2": ("udp", [tls_crypt_v2]),
}  # fmt: skip
for suffix, (protocol, wrap) in OPENVPN.items():
    @recipe(f"openvpn_{suffix}", f"OpenVPN, {suffix.replace('_', ' ')}", "port 1194")
    def _(lab, begin, protocol=protocol, wrap=wrap):
        openvpn(lab, begin, protocol, *wrap)


@recipe("wireguard", "WireGuard (wireguard-go): handshake and pings", "udp port 51999", 12)
def _(lab, begin):
    keys = {}
    for end in ("server", "client"):
        private = lab.run("wg", "genkey").stdout.strip()
        keys[end] = (private, lab.run("wg", "pubkey", input=private).stdout.strip())
        # The control socket lies in /run/wireguard: names of their own keep the two apart.
        lab.start(end, "wireguard-go", "-f", f"wg{end[0]}")
    time.sleep(1)
    for end, other, own in (("server", "client", "10.9.1.1"), ("client", "server", "10.9.1.2")):
        device = f"wg{end[0]}"
        key = lab.write(f"{end}.wg", keys[end][0], 0o600)
        words = ["wg", "set", device, "private-key", key, "peer", keys[other][1], "allowed-ips", "10.9.1.0/24"]
        words += ["endpoint", f"{SERVER}:51999"] if end == "client" else []
        lab.do(end, *words, check=True)
        if end == "server":
            lab.do(end, "wg", "set", device, "listen-port", 51999, check=True)
        lab.do(end, "ip", "address", "add", f"{own}/24", "dev", device, check=True)
        lab.do(end, "ip", "link", "set", device, "up", check=True)
    begin()
    lab.do("client", "ping", "-c", 3, "10.9.1.1", seconds=8)


IPSEC_CONF = """
conn lab
  keyexchange={version}
  authby=psk
  left={own}
  right={other}
  leftsubnet={inner}/32
  rightsubnet={other_inner}/32
  auto=add
"""
# ESP in the program itself, so always in UDP: what a kernel without ESP, and a client behind NAT, do alike.
STRONGSWAN_CONF = """
charon {
  install_routes = yes
  plugins {
    include /etc/strongswan.d/charon/*.conf
    kernel-libipsec { load = yes }
  }
}
"""


def strongswan(lab, begin, version):
    """Two charons with folders of their own, bound over /etc and /run."""
    conf = lab.write("strongswan.conf", STRONGSWAN_CONF)
    ends = {"server": (SERVER, "10.9.8.1"), "client": (CLIENT, "10.9.8.2")}
    for end, other in (("server", "client"), ("client", "server")):
        (own, inner), (peer, peer_inner) = ends[end], ends[other]
        lab.write(f"{end}/ipsec.conf", IPSEC_CONF.format(version=version, own=own, other=peer, inner=inner, other_inner=peer_inner))
        lab.write(f"{end}/ipsec.secrets", f'{own} {peer} : PSK "correct horse battery staple"\n', 0o600)
        (lab.folder / end / "run").mkdir()
        lab.do(end, "ip", "address", "add", f"{inner}/32", "dev", "lo", check=True)
        over = {"ipsec.conf": "/etc/ipsec.conf", "ipsec.secrets": "/etc/ipsec.secrets", "run": "/run"}
        binds = " && ".join(f"mount --bind {lab.folder}/{end}/{name} {path}" for name, path in over.items())
        then = "sleep 60" if end == "server" else f"ipsec up lab; ping -c 3 -W 1 -I {inner} {peer_inner}; sleep 30"
        if end == "client":
            begin()
        script = f"export STRONGSWAN_CONF={conf}; {binds} && (ipsec start --nofork & sleep 4; {then})"
        lab.start(end, "unshare", "-m", "bash", "-c", script)
        if end == "server":
            time.sleep(5)
    time.sleep(10)


IPSEC_PORTS = "udp port 500 or udp port 4500"


@recipe("ikev2", "strongSwan: IKEv2, then ESP in UDP", IPSEC_PORTS, 16)
def _(lab, begin):
    strongswan(lab, begin, "ikev2")


@recipe("ikev1", "strongSwan: IKEv1, main mode, then ESP in UDP", IPSEC_PORTS, 20)
def _(lab, begin):
    strongswan(lab, begin, "ikev1")


@recipe("pptp", "pptpd and pptp: the control connection", "tcp port 1723", 16)
def _(lab, begin):
    conf = lab.write("pptpd.conf", "option /dev/null\nlocalip 10.9.3.1\nremoteip 10.9.3.2\n")
    lab.start("server", "pptpd", "-f", "-c", conf)
    lab.wait_for_port(1723)
    begin()
    lab.do("client", "pptp", SERVER, "--nolaunchpppd", seconds=4, input="")


@recipe("l2tp", "xl2tpd at both ends: the control connection", "udp port 1701", 16)
def _(lab, begin):
    for end in ("server", "client"):
        lac = f"[lac lab]\nlns = {SERVER}\n" if end == "client" else "[lns default]\nip range = 10.9.4.2-10.9.4.9\nlocal ip = 10.9.4.1\n"
        conf = lab.write(f"{end}/xl2tpd.conf", f"[global]\nport = 1701\naccess control = no\n{lac}pppoptfile = /dev/null\n")
        words = ["xl2tpd", "-D", "-c", conf, "-C", lab.folder / f"{end}.control", "-p", lab.folder / f"{end}.pid"]
        lab.start(end, *words)
        lab.wait_for_port(1701, "udp", end)
    begin()
    lab.run("bash", "-c", f"echo 'c lab' > {lab.folder}/client.control")
    time.sleep(4)


def web_server(lab):
    lab.start("server", "python3", "-m", "http.server", 8000, "--bind", SERVER)
    lab.wait_for_port(8000)


@recipe("socks5", "microsocks and curl: no password", "tcp port 1080")
def _(lab, begin):
    web_server(lab)
    lab.start("server", "microsocks", "-p", 1080)
    lab.wait_for_port(1080)
    begin()
    lab.do("client", "curl", "-s", "--socks5-hostname", f"{SERVER}:1080", f"http://{SERVER}:8000/")


@recipe("socks5_password", "microsocks and curl: with a password", "tcp port 1080")
def _(lab, begin):
    web_server(lab)
    lab.start("server", "microsocks", "-p", 1080, "-u", "lab", "-P", "word")
    lab.wait_for_port(1080)
    begin()
    lab.do("client", "curl", "-s", "--socks5", f"lab:word@{SERVER}:1080", f"http://{SERVER}:8000/")


DANTED = """
logoutput: stderr
internal: 192.0.2.20 port = 1081
external: 192.0.2.20
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: nobody
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
"""


@recipe("socks4", "Dante and curl: SOCKS 4", "tcp port 1081")
def _(lab, begin):
    web_server(lab)
    lab.start("server", "danted", "-f", lab.write("danted.conf", DANTED.replace("{{", "{").replace("}}", "}")))
    lab.wait_for_port(1081)
    begin()
    lab.do("client", "curl", "-s", "--socks4", f"{SERVER}:1081", f"http://{SERVER}:8000/")


def tinyproxy(lab):
    web_server(lab)
    conf = f"Port 3128\nListen {SERVER}\nAllow {CLIENT}\nConnectPort 8000\nTimeout 20\n"
    lab.start("server", "tinyproxy", "-d", "-c", lab.write("tinyproxy.conf", conf))
    lab.wait_for_port(3128)


@recipe("http_connect", "tinyproxy and curl: CONNECT", "tcp port 3128")
def _(lab, begin):
    tinyproxy(lab)
    begin()
    lab.do("client", "curl", "-s", "--proxytunnel", "-x", f"http://{SERVER}:3128", f"http://{SERVER}:8000/")


@recipe("http_proxy", "tinyproxy and curl: GET with a whole address", "tcp port 3128")
def _(lab, begin):
    tinyproxy(lab)
    begin()
    lab.do("client", "curl", "-s", "-x", f"http://{SERVER}:3128", f"http://{SERVER}:8000/")


@recipe("iodine", "iodine: IP over DNS", "udp port 53", 40)
def _(lab, begin):
    lab.start("server", "iodined", "-f", "-c", "-P", "word", "10.9.5.1", "t.example.com")
    lab.wait_for_port(53, "udp")
    begin()
    lab.start("client", "iodine", "-f", "-r", "-P", "word", SERVER, "t.example.com")
    time.sleep(8)


@recipe("dns2tcp", "dns2tcp: TCP over DNS", "udp port 53", 40)
def _(lab, begin):
    web_server(lab)
    conf = f"listen = {SERVER}\nport = 53\nuser = nobody\nchroot = /tmp\ndomain = t.example.com\nkey = word\nresources = web:{SERVER}:8000\n"
    lab.start("server", "dns2tcpd", "-F", "-d", 1, "-f", lab.write("dns2tcpd.conf", conf))
    lab.wait_for_port(53, "udp")
    begin()
    lab.start("client", "dns2tcpc", "-c", "-z", "t.example.com", "-k", "word", "-r", "web", "-l", 8001, SERVER)
    time.sleep(2)
    lab.do("client", "curl", "-s", "http://127.0.0.1:8001/", seconds=5)


@recipe("tinc", "tinc 1.0: the meta connection", "tcp port 655", 16)
def _(lab, begin):
    for end, other in (("server", "client"), ("client", "server")):
        connect = f"ConnectTo = {other}\n" if end == "client" else ""
        lab.write(f"{end}/tinc.conf", f"Name = {end}\nDeviceType = dummy\n{connect}")
        (lab.folder / end / "hosts").mkdir()
        lab.run("openssl", "genrsa", "-traditional", "-out", lab.folder / end / "rsa_key.priv", 2048)
        (lab.folder / end / "rsa_key.priv").chmod(0o600)
        lab.run("openssl", "rsa", "-in", lab.folder / end / "rsa_key.priv", "-RSAPublicKey_out", "-out", lab.folder / f"{end}.pub")
    for end in ("server", "client"):
        for host in ("server", "client"):
            address = f"Address = {SERVER}\n" if host == "server" else ""
            lab.write(f"{end}/hosts/{host}", f"{address}Subnet = 10.9.6.{1 if host == 'server' else 2}/32\n" + (lab.folder / f"{host}.pub").read_text())
    for end in ("server", "client"):
        if end == "client":
            lab.wait_for_port(655)
            begin()
        lab.start(end, "tincd", "-D", "-d", 2, "-c", lab.folder / end, f"--pidfile={lab.folder}/{end}.pid")
    time.sleep(5)


@recipe("stunnel", "stunnel: TLS around HTTP, which is TLS and no more", "tcp port 8443")
def _(lab, begin):
    web_server(lab)
    certificates(lab)
    conf = "foreground = yes\npid =\n[web]\n{}\n"
    own = lab.write("stunnel.server", conf.format(f"accept = 8443\nconnect = {SERVER}:8000\ncert = {lab.folder}/server.crt\nkey = {lab.folder}/server.key"))
    lab.start("server", "stunnel4", own)
    lab.wait_for_port(8443)
    lab.start("client", "stunnel4", lab.write("stunnel.client", conf.format(f"client = yes\naccept = 127.0.0.1:8001\nconnect = {SERVER}:8443")))
    lab.wait_for_port(8001, "tcp", "client")
    begin()
    lab.do("client", "curl", "-s", "http://127.0.0.1:8001/")


@recipe("openconnect", "ocserv and openconnect: TLS, then DTLS", "port 4443", 60)
def _(lab, begin):
    certificates(lab)
    lab.folder.chmod(0o711)  # ocserv's workers run as nobody and open a socket in it
    lab.run("bash", "-c", "printf 'word\\nword\\n' | ocpasswd -c users lab", cwd=lab.folder)
    conf = f"""auth = "plain[passwd={lab.folder}/users]"
tcp-port = 4443
udp-port = 4443
run-as-user = nobody
run-as-group = daemon
socket-file = {lab.folder}/ocserv.sock
server-cert = {lab.folder}/server.crt
server-key = {lab.folder}/server.key
isolate-workers = false
max-clients = 4
device = vpns
ipv4-network = 10.9.7.0
ipv4-netmask = 255.255.255.0
"""
    lab.start("server", "ocserv", "-f", "-d", 1, "-c", lab.write("ocserv.conf", conf))
    lab.wait_for_port(4443)
    pin = lab.run("bash", "-c", "openssl x509 -in server.crt -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64",
                  cwd=lab.folder).stdout.strip()
    begin()
    import subprocess
    word = lab.write("word", "word\n")
    lab.start("client", "openconnect", f"--servercert=pin-sha256:{pin}", "--user=lab", "--passwd-on-stdin", "--script=/bin/true", f"https://{SERVER}:4443/",
              stdin=open(word))
    time.sleep(7)


TOR_COMMON = "DataDirectory {folder}/{end}\nLog notice stdout\nAssumeReachable 1\nContactInfo lab\n"


def tor_server(lab, more):
    (lab.folder / "server").mkdir(mode=0o700)
    own = f"SocksPort 0\nORPort {SERVER}:9001\nAddress {SERVER}\nBridgeRelay 1\nPublishServerDescriptor 0\nExitPolicy reject *:*\n"
    conf = lab.write("server.torrc", TOR_COMMON.format(folder=lab.folder, end="server") + own + more)
    lab.start("server", "tor", "-f", conf, "--User", "root")


def tor_client(lab, bridge):
    (lab.folder / "client").mkdir(mode=0o700)
    conf = lab.write("client.torrc", TOR_COMMON.format(folder=lab.folder, end="client") + "SocksPort 9050\nUseBridges 1\n" + bridge)
    lab.start("client", "tor", "-f", conf, "--User", "root")
    time.sleep(8)
