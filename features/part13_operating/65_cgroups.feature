@article_65
Feature: Where the kubelet enforces a Pod's limits
  Every Pod has a slice in the cgroup v2 tree of its worker, and its limits are files in that slice. The
  kubelet writes them without any configuration; the kernel throttles what is over its CPU limit and
  kills what is over its memory limit. Judged in the files themselves, found by the Pod's UID.

  @claim_65_1 @relies_on_every_worker
  Rule: Workers run cgroup v2, and the kubelet requires it
    The article calls version 1 deprecated from 1.35; the kubelet refuses to start on it.

    Scenario: The cgroup tree is version 2 only
      Given the settings of every kubelet
      Then every worker has a cgroup tree of version 2, without a version 1 controller
      And every kubelet is set to
        | setting      | value   |
        | failCgroupV1 | True    |
        | cgroupDriver | systemd |

  @claim_65_1 @claim_65_2 @relies_on_every_worker
  Rule: Pods on every worker are in slices that systemd creates
    The runtime decides: the kubelet asks it for its cgroup driver, whatever the kubelet's own setting.

    Scenario: A Pod on each worker
      Given a Pod on each worker
      And the settings of every kubelet
      Then the Pod on each worker has one slice, in the form that systemd creates

  @claim_65_2
  Rule: Each QoS class has its place in the cgroup tree

    Scenario Outline: The slice of a <class> Pod is below <parent>
      Given a running <kind> Pod
      Then the Pod's status reports the QoS class "<class>"
      And the Pod has one slice, below "<parent>"

      Examples:
        | class      | kind       | parent                    |
        | BestEffort | BestEffort | kubepods-besteffort.slice |
        | Burstable  | limited    | kubepods-burstable.slice  |
        | Guaranteed | Guaranteed | kubepods.slice            |

  @claim_65_3
  Rule: Limits are written to cgroup files without any configuration

    @relies_on_every_worker
    Scenario Outline: The article's limits for the Pod and its container on <worker>
      Given a running limited Pod on <worker>
      Then the cgroup of the Pod allows 500m CPU and 256Mi memory
      And the cgroup of container "c" allows 500m CPU and 256Mi memory

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

    Scenario: A Pod without limits has no limit in its cgroup files
      Given a running BestEffort Pod
      Then the cgroup of the Pod has no limit
      And the cgroup of container "c" has no limit

    Scenario: A Pod with one unlimited container has no limit
      Given a running half-limited Pod
      Then the cgroup of the Pod has no limit
      And the cgroup of container "a" allows 100m CPU and 64Mi memory

  @claim_65_4
  Rule: CPU requests become weights, by one formula for the Pod and by another for its container
    The kubelet's formula is a straight line, the runtime's a curve, from runc 1.3.2 on.

    Scenario Outline: A request of <cpu> has the weights <slice> and <container>
      Given a running <kind> Pod
      And the runc on the Pod's worker is "1.3.2" or newer
      Then the cgroup of the Pod has the CPU weight <slice>
      And the cgroup of container "c" has the CPU weight <container>

      Examples:
        | cpu  | kind       | slice | container |
        | 100m | resizable  | 4     | 17        |
        | none | BestEffort | 1     | 1         |

    @relies_on_every_worker
    Scenario Outline: A request of 50m has the weights 2 and 11 on <worker>
      Given a running limited Pod on <worker>
      And the runc on the Pod's worker is "1.3.2" or newer
      Then the cgroup of the Pod has the CPU weight 2
      And the cgroup of container "c" has the CPU weight 11

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_65_5
  Rule: A container over its memory limit is killed alone, with all its processes

    Scenario: The kernel kills one container of two
      Given a running memory-hungry Pod
      When the Pod's container "c" uses more memory than its limit
      Then within 60 s the Pod's container "c" has restarted once, after SIGKILL
      And the kernel log reports that all processes of "c" were killed for memory
      And the Pod's slice counts the OOM kill, and its worker has no memory pressure
      And no earlier process of container "c" is left
      And no other container or process of the Pod has restarted

  @claim_65_6
  Rule: Memory protection is off by default

    @relies_on_every_worker
    Scenario Outline: Memory of a <class> Pod on <worker> is neither protected nor throttled
      A Burstable one would be throttled below its limit, as its request is smaller.
      Given a running <kind> Pod on <worker>
      Then memory.min, memory.low and memory.high are unset on the Pod's slice and all slices above
      And memory.min, memory.low and memory.high are unset on the Pod's container

      Examples:
        | class      | kind       | worker   |
        | Guaranteed | Guaranteed | worker-0 |
        | Burstable  | limited    | worker-0 |
        | Burstable  | limited    | worker-1 |

    @relies_on_every_worker
    Scenario Outline: The feature gate of memory protection is <gate>, and no policy and no throttling is configured
      Given the metrics of every kubelet
      And the settings of every kubelet
      Then every kubelet has the feature gate "MemoryQoS" <gate>
      And every kubelet is set to
        | setting                 | value        |
        | memoryReservationPolicy | <policy>     |
        | memoryThrottlingFactor  | <throttling> |

      @until_1_35
      Examples:
        | gate | policy | throttling |
        | off  | absent | 0.9        |

      @since_1_36 @until_1_36
      Examples:
        | gate | policy | throttling |
        | off  | None   | 0.9        |

      @since_1_37
      Examples:
        | gate | policy | throttling |
        | on   | None   | absent     |

    @slow @changes_worker_1 @since_1_36
    Scenario: Requested memory is protected with TieredReservation and not with None
      Given worker-1 whose kubelet is set to
        | setting                 | value             |
        | featureGates            | {MemoryQoS: true} |
        | memoryReservationPolicy | TieredReservation |
      When a Pod of each QoS class runs on the worker
      Then the cgroups of the Pods' containers protect this memory
        | class      | file       | bytes       |
        | Guaranteed | memory.min | its request |
        | Guaranteed | memory.low | 0           |
        | Burstable  | memory.min | 0           |
        | Burstable  | memory.low | its request |
        | BestEffort | memory.min | 0           |
        | BestEffort | memory.low | 0           |
      And the slices above the Pods protect at least as much memory
      When the worker's kubelet is set to
        | setting                 | value |
        | memoryReservationPolicy | None  |
      Then within 90 s the slices above the Pods protect no memory

  @claim_65_7
  Rule: Over its CPU limit a container is throttled, not killed

    Scenario: A busy loop with a CPU limit is throttled, one without a limit is not
      Given a running busy Pod
      And a neighbour unlimited Pod on the same worker
      When the CPU time of both Pods is recorded for 12 s
      Then the busy Pod was throttled and used no more than its limit
      And the neighbour Pod was not throttled
      And no container or process of the Pod has restarted

  @claim_65_8 @relies_on_every_worker
  Rule: Unused images may stay while the disk is at most 85 % full

    Scenario: The thresholds of image garbage collection
      Given the settings of every kubelet
      Then every kubelet is set to
        | setting                     | value |
        | imageGCHighThresholdPercent | 85    |
        | imageGCLowThresholdPercent  | 80    |
        | imageMinimumGCAge           | 2m0s  |
        | imageMaximumGCAge           | 0s    |
      And every kubelet evicts for "imagefs.available" at "15%"
      And every worker has no job that removes images

  @claim_65_9 @relies_on_every_worker
  Rule: The sandbox image is kept, because the runtime pins it

    Scenario: No kubelet would collect the sandbox image
      Given the sandbox image of every worker
      Then every worker's runtime has its sandbox image
      And every worker's runtime pins its sandbox image

  @claim_65_2 @claim_65_3 @claim_65_5 @claim_65_6 @claim_65_7 @claim_65_12 @relies_on_every_worker
  Rule: These cgroups, limits and refusals are the default of every kubelet

    Scenario: No kubelet is configured otherwise
      Given the settings of every kubelet
      Then every kubelet is set to
        | setting              | value  |
        | cgroupsPerQOS        | True   |
        | cgroupRoot           | absent |
        | cpuCFSQuota          | True   |
        | cpuCFSQuotaPeriod    | 100ms  |
        | singleProcessOOMKill | absent |
      And every kubelet is set to
        | setting    | value |
        | failSwapOn | True  |
      And each kubelet has the same settings for limits

  @claim_65_14 @relies_on_every_worker
  Rule: Graceful node shutdown is off by default

    Scenario: No kubelet delays a shutdown
      Given the settings of every kubelet
      Then every kubelet is set to
        | setting                         | value |
        | shutdownGracePeriod             | 0s    |
        | shutdownGracePeriodCriticalPods | 0s    |
      And every worker has no inhibitor lock of its kubelet
