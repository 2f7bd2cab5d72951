"""The series' machines by the EC2 API, on AWS and on the local EC2 alike.

Everything carries the cluster's tag and is looked up by it before it is created, so every function
can be called again after it was cut short. Only ``sdk`` imports boto3.
"""

from infra.ec2.account.ownership import Caller, caller, require_ours
from infra.ec2.api import Client, InUse, Keys, Missing, Refused, client, iam, quotas, sts
from infra.ec2.model import InstanceInfo, Provisioned, instances
from infra.ec2.power import reboot, start, stop, stop_all
from infra.ec2.provision import find, provision, route_pods
from infra.ec2.remove import clear, clusters, deprovision, remove, withdraw
from infra.ec2.unmanaged_resources import strangers

__all__ = [
    "Caller",
    "Client",
    "InUse",
    "InstanceInfo",
    "Keys",
    "Missing",
    "Provisioned",
    "Refused",
    "caller",
    "clear",
    "client",
    "clusters",
    "deprovision",
    "find",
    "iam",
    "instances",
    "provision",
    "quotas",
    "reboot",
    "remove",
    "require_ours",
    "route_pods",
    "start",
    "stop",
    "stop_all",
    "strangers",
    "sts",
    "withdraw",
]
