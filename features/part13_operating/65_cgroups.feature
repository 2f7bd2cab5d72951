@article_65
Feature: Where the kubelet puts a Pod's limits
  Every Pod has its place in the cgroup v2 tree of its worker, and its limits are files there.
  The kubelet writes them without any configuration; the kernel slows what is over its CPU
  and kills what is over its memory. Judged in the files themselves, found by the Pod's UID.

  @claim_65_1
  Rule: Workers run cgroup v2 and the kubelet insists on it
    The article calls version 1 deprecated from 1.35; the kubelet refuses to start on it.

    Scenario: The tree is of version 2 and nothing else
      Given the settings of every kubelet
      Then every worker's cgroup tree is of version 2, without a controller of version 1
      And every kubelet is set to
        | setting      | value   |
        | failCgroupV1 | True    |
        | cgroupDriver | systemd |

  @claim_65_1 @claim_65_2
  Rule: Pods of every worker lie in slices that systemd makes
    The runtime decides: the kubelet asks it which driver it uses, whatever it was told itself.

    @placed
    Scenario: A Pod of each worker
      Given a Pod on each worker
      And the settings of every kubelet
      Then the Pod of each worker has one slice there, as systemd makes them

  @claim_65_2
  Rule: Each QoS class has its place in the tree

    Scenario Outline: A <class> Pod lies where <class> Pods do
      Given a running <kind> Pod
      Then its status tells the QoS class "<class>"
      And its UID names one slice of the tree, below "<parent>"

      Examples:
        | class      | kind       | parent                    |
        | BestEffort | BestEffort | kubepods-besteffort.slice |
        | Burstable  | limited    | kubepods-burstable.slice  |
        | Guaranteed | Guaranteed | kubepods.slice            |

  @claim_65_3
  Rule: Limits become files without any configuration

    @serial
    Scenario Outline: The article's limits at the Pod and in its container on <worker>
      Given a running limited Pod on <worker>
      Then the cgroup of the Pod allows 500m CPU and 256Mi memory
      And the cgroup of container "c" allows 500m CPU and 256Mi memory

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

    Scenario: Without limits the files say so
      Given a running BestEffort Pod
      Then the cgroup of the Pod has no limit
      And the cgroup of container "c" has no limit

    Scenario: One container without a limit leaves its Pod without one
      Given a running half-limited Pod
      Then the cgroup of the Pod has no limit
      And the cgroup of container "a" allows 100m CPU and 64Mi memory

  @claim_65_4
  Rule: CPU requests become weights, by one formula at the Pod and by another in its container
    The kubelet's is a straight line, the runtime's a curve, from runc 1.3.2 on.

    Scenario Outline: A request of <cpu> weighs <slice> and <container>
      Given a running <kind> Pod
      And its worker's runc is "1.3.2" or newer
      Then the cgroup of the Pod weighs <slice>
      And the cgroup of container "c" weighs <container>

      Examples:
        | cpu  | kind       | slice | container |
        | 100m | resizable  | 4     | 17        |
        | none | BestEffort | 1     | 1         |

    @serial
    Scenario Outline: A request of 50m weighs 2 and 11 on <worker>
      Given a running limited Pod on <worker>
      And its worker's runc is "1.3.2" or newer
      Then the cgroup of the Pod weighs 2
      And the cgroup of container "c" weighs 11

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_65_5
  Rule: A container over its memory limit is killed alone, with all its processes

    Scenario: The kernel kills one container of two
      Given a running memory-hungry Pod
      And the processes of its container "c"
      When its container "c" takes more memory than its limit
      Then within 60 s its container "c" has restarted once, ended by SIGKILL
      And the kernel's log says that it killed all of "c" for its memory
      And its Pod's slice counts the kill and its worker has no memory pressure
      And none of the processes of before is left
      And its other containers and their processes have not restarted

  @claim_65_6
  Rule: Memory protection is neutral by default

    @serial
    Scenario Outline: Memory of a <class> Pod on <worker> is neither reserved nor held back
      A Burstable one would be throttled below its limit, as its request is smaller.
      Given a running <kind> Pod on <worker>
      Then no slice above it and not its own protects or throttles memory
      And its container neither

      Examples:
        | class      | kind       | worker   |
        | Guaranteed | Guaranteed | worker-0 |
        | Burstable  | limited    | worker-0 |
        | Burstable  | limited    | worker-1 |

    @disruptive @slow
    Scenario: Requests are kept by tiers where that is chosen, and no longer when it is not
      Given worker-1 whose kubelet is set to
        | setting                 | value             |
        | featureGates            | {MemoryQoS: true} |
        | memoryReservationPolicy | TieredReservation |
      When a Pod of each class runs on it
      Then the kernel keeps memory for their containers
        | class      | file       | bytes       |
        | Guaranteed | memory.min | its request |
        | Guaranteed | memory.low | 0           |
        | Burstable  | memory.min | 0           |
        | Burstable  | memory.low | its request |
        | BestEffort | memory.min | 0           |
        | BestEffort | memory.low | 0           |
      And the slices above them keep as much
      When that kubelet is set to
        | setting                 | value |
        | memoryReservationPolicy | None  |
      Then within 90 s the slices above them keep none

  @claim_65_7
  Rule: Over its CPU limit a container is slowed, not killed

    Scenario: A busy loop is throttled, the same without a limit is not
      Given a running busy Pod
      And an unlimited Pod that is as busy on the same worker
      When both are watched for 12 s
      Then the busy one was throttled and used no more than its limit
      And the unlimited one was not throttled
      And no container or process of it has restarted

  @claim_65_8
  Rule: Unused images may stay until the disk is 85 % full

    Scenario: The thresholds of image collection
      Given the settings of every kubelet
      Then every kubelet is set to
        | setting                     | value |
        | imageGCHighThresholdPercent | 85    |
        | imageGCLowThresholdPercent  | 80    |
        | imageMinimumGCAge           | 2m0s  |
        | imageMaximumGCAge           | 0s    |
      And every kubelet evicts for "imagefs.available" at "15%"

  @claim_65_9
  Rule: The sandbox image stays, as the runtime has it pinned

    Scenario: No worker would collect the image of its sandboxes
      Given the sandbox image of every worker
      Then every worker has its sandbox image
      And every worker's runtime has it pinned

  @claim_65_2 @claim_65_3 @claim_65_5 @claim_65_6 @claim_65_7 @claim_65_12
  Rule: These places, limits and refusals are every kubelet's defaults

    Scenario: No kubelet is told to do otherwise
      Given the settings of every kubelet
      Then every kubelet is set to
        | setting                 | value  |
        | cgroupsPerQOS           | True   |
        | cgroupRoot              | absent |
        | cpuCFSQuota             | True   |
        | cpuCFSQuotaPeriod       | 100ms  |
        | singleProcessOOMKill    | absent |
        | memoryReservationPolicy | None   |
        | failSwapOn              | True   |
      And every kubelet has its feature gate "MemoryQoS" off

  @claim_65_14
  Rule: Graceful shutdown is off by default

    Scenario: No kubelet delays a shutdown
      Given the settings of every kubelet
      Then every kubelet is set to
        | setting                         | value |
        | shutdownGracePeriod             | 0s    |
        | shutdownGracePeriodCriticalPods | 0s    |
      And no kubelet holds a lock on its machine's shutdown
