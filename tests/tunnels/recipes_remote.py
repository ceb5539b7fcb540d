"""Remote desktops and shells."""

import time

from lab import SERVER
from recipe import recipe


def host_key(lab):
    lab.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", lab.folder / "host_key")
    return lab.folder / "host_key"


@recipe("ssh", "OpenSSH at both ends", "tcp port 2222", 20)
def _(lab, begin):
    key = host_key(lab)
    lab.do("server", "mkdir", "-p", "/run/sshd")
    lab.start("server", "/usr/sbin/sshd", "-D", "-e", "-p", 2222, "-h", key, "-o", "PidFile=none")
    lab.wait_for_port(2222)
    begin()
    lab.do("client", "ssh", "-p", 2222, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", f"nobody@{SERVER}", "true")


@recipe("ssh_dropbear", "Dropbear at both ends", "tcp port 2222", 20)
def _(lab, begin):
    lab.run("dropbearkey", "-t", "ed25519", "-f", lab.folder / "key")
    lab.start("server", "dropbear", "-F", "-E", "-p", 2222, "-r", lab.folder / "key", "-P", lab.folder / "pid")
    lab.wait_for_port(2222)
    begin()
    lab.do("client", "dbclient", "-y", "-p", 2222, f"nobody@{SERVER}", "true")


@recipe("telnet", "GNU telnetd and telnet", "tcp port 23", 24)
def _(lab, begin):
    lab.start("server", "socat", "TCP-LISTEN:23,reuseaddr,fork", "EXEC:telnetd")
    lab.wait_for_port(23)
    begin()
    lab.do("client", "bash", "-c", f"(sleep 2; echo nobody; sleep 1) | telnet {SERVER}", seconds=6)


def vnc(lab, begin, *security):
    lab.start("server", "Xvnc", ":5", "-geometry", "64x64", "-depth", 16, *security)
    lab.wait_for_port(5905)
    lab.start("client", "Xvfb", ":6", "-screen", 0, "640x480x24")
    time.sleep(2)
    begin()
    env = ["env", "DISPLAY=:6", f"HOME={lab.folder}"]
    lab.do("client", *env, "xtigervncviewer", f"{SERVER}:5", seconds=6)


@recipe("vnc_none", "TigerVNC without a password", "tcp port 5905", 24)
def _(lab, begin):
    vnc(lab, begin, "-SecurityTypes", "None")


@recipe("vnc_vencrypt", "TigerVNC with VeNCrypt", "tcp port 5905", 24)
def _(lab, begin):
    vnc(lab, begin, "-SecurityTypes", "TLSNone")


@recipe("x11vnc", "x11vnc and TigerVNC's viewer", "tcp port 5907", 24)
def _(lab, begin):
    lab.start("server", "Xvfb", ":7", "-screen", 0, "64x64x24")
    time.sleep(2)
    lab.start("server", "x11vnc", "-display", ":7", "-rfbport", 5907, "-nopw", "-forever")
    lab.wait_for_port(5907)
    lab.start("client", "Xvfb", ":8", "-screen", 0, "640x480x24")
    time.sleep(2)
    begin()
    lab.do("client", "env", "DISPLAY=:8", f"HOME={lab.folder}", "xtigervncviewer", f"{SERVER}::5907", seconds=6)


def rdp(lab, begin, *security):
    # xrdp's pid file and sockets lie under /run: a mount namespace of its own.
    lab.start("server", "unshare", "-m", "bash", "-c", "mount -t tmpfs none /run && mkdir -p /run/xrdp/sockdir && exec xrdp --nodaemon --port 3390")
    lab.wait_for_port(3390)
    lab.start("client", "Xvfb", ":9", "-screen", 0, "640x480x24")
    time.sleep(2)
    begin()
    lab.do("client", "env", "DISPLAY=:9", f"HOME={lab.folder}", "xfreerdp", f"/v:{SERVER}:3390", "/u:lab", "/p:word", "/cert:ignore", *security, seconds=8)


@recipe("rdp_tls", "xrdp and FreeRDP, TLS", "tcp port 3390", 24)
def _(lab, begin):
    rdp(lab, begin, "/sec:tls")


@recipe("rdp_plain", "xrdp and FreeRDP, RDP's own security", "tcp port 3390", 24)
def _(lab, begin):
    rdp(lab, begin, "/sec:rdp")


@recipe("x11", "an X11 program on another host's display", "tcp port 6010", 24)
def _(lab, begin):
    lab.start("server", "Xvfb", ":10", "-screen", 0, "64x64x24", "-listen", "tcp", "-ac")
    lab.wait_for_port(6010)
    begin()
    lab.do("client", "env", f"DISPLAY={SERVER}:10", "xset", "q", seconds=5)


@recipe("xpra", "xpra over TCP", "tcp port 14500", 60)
def _(lab, begin):
    home = ["env", f"HOME={lab.folder}", f"XDG_RUNTIME_DIR={lab.folder}"]
    lab.start("server", *home, "xpra", "start", ":11", "--daemon=no", "--mdns=no", "--bind-tcp=0.0.0.0:14500", "--xvfb=Xvfb :11 -screen 0 640x480x24",
              "--pulseaudio=no", "--notifications=no", "--systemd-run=no")
    lab.wait_for_port(14500)
    lab.start("client", "Xvfb", ":12", "-screen", 0, "640x480x24")
    time.sleep(2)
    begin()
    lab.do("client", *home, "DISPLAY=:12", "xpra", "attach", f"tcp://{SERVER}:14500/", seconds=8)


X2GO_SESSION = """
[20261126000000000]
name=lab
host={host}
user=nobody
sshport=2222
key={key}
autologin=false
command=MATE
rootless=false
published=false
"""


@recipe("x2go", "X2Go's client (libssh) and OpenSSH: all that it does goes through SSH", "tcp port 2222", 20)
def _(lab, begin):
    key = host_key(lab)
    lab.do("server", "mkdir", "-p", "/run/sshd")
    lab.start("server", "/usr/sbin/sshd", "-D", "-e", "-p", 2222, "-h", key, "-o", "PidFile=none")
    lab.wait_for_port(2222)
    lab.run("ssh-keygen", "-q", "-t", "rsa", "-m", "PEM", "-N", "", "-f", lab.folder / "user_key")
    sessions = lab.write("sessions", X2GO_SESSION.format(host=SERVER, key=lab.folder / 'user_key'))
    lab.start("client", "Xvfb", ":13", "-screen", 0, "640x480x24")
    time.sleep(2)
    begin()
    words = [f"--session-conf={sessions}", "--session=lab", "--hide", "--no-session-edit", "--add-to-known-hosts"]
    lab.do("client", "env", "DISPLAY=:13", f"HOME={lab.folder}", "QT_QPA_PLATFORM=xcb", "x2goclient", *words, seconds=12)
