"""Jobs of a machine that do by the clock what articles leave to the kubelet.

None is running while it is looked for: what is read is how cron, logrotate, systemd and its
tmpfiles are configured.
"""

from infra.ssh import Shell

PLACES = (
    "/etc/crontab", "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly",
    "/etc/cron.monthly", "/var/spool/cron", "/etc/logrotate.conf", "/etc/logrotate.d",
    "/etc/tmpfiles.d",
)  # fmt: skip
REMOVES_IMAGES = r"crictl .*rmi|(ctr|nerdctl) .*(prune|rmi|image[s]? (rm|remove|del))"
TOUCHES_LOGS = r"/var/log/(pods|containers)"


def with_words(shell: Shell, words: str) -> list[str]:
    """Files that configure a job with these words (grep -E); comments are no job."""
    # a machine without cron or logrotate has not all of these places
    argv = ["grep", "-rIlEs", "-e", f"^[^#]*({words})", *PLACES, shell.layout.directories.units]
    found = shell.run(argv, check=False).stdout.splitlines()
    return [f"{shell.name} has {path}" for path in found]
