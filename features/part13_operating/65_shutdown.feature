@article_65 @needs_graceful_shutdown
Feature: A worker is powered off
  With a grace period set, the kubelet delays a power-off with an inhibitor lock at logind, terminates regular
  Pods first and critical Pods last, and reports it. The worker is really powered off, by its own command, as
  EC2 sees it; its Pods report their termination to a Pod on the other worker, whose log keeps the order.

  @claim_65_15 @claim_65_16 @claim_65_17 @claim_65_18 @claim_65_19 @relies_on_every_worker
  Rule: Every worker's kubelet can delay a shutdown, and does so only when configured
    One worker is really shut down; this Rule checks that every kubelet is configured the same, so that the results
    hold for every worker.

    Scenario: Feature gates, settings and logind of every worker
      Given the metrics of every kubelet
      And the settings of every kubelet
      Then every kubelet has the feature gate "GracefulNodeShutdown" on
      And every kubelet has the feature gate "GracefulNodeShutdownBasedOnPodPriority" on
      And every kubelet is set to
        | setting                          | value  |
        | shutdownGracePeriod              | 0s     |
        | shutdownGracePeriodCriticalPods  | 0s     |
        | shutdownGracePeriodByPodPriority | absent |
      And every worker's logind reports its maximum inhibitor delay
      And every worker has all units of a worker enabled at boot

  @claim_65_15 @slow @changes_every_worker
  Rule: The kubelet takes an inhibitor lock at logind, and raises logind's maximum delay where it is lower
    A drop-in that logind reads after the kubelet's wins: Debian's unattended-upgrades has one.

    Scenario: An inhibitor lock for 20 s where logind allows 5 s
      Given workers whose logind allows less than 20 s
      When every kubelet is set to delay a shutdown by 20 s, 8 s of them for critical Pods
      Then within 15 s every kubelet has an inhibitor lock
      And a drop-in of each kubelet has raised InhibitDelayMaxSec of its logind to 20 s
      When a later drop-in limits one worker's logind to 5 s, and that worker's kubelet restarts
      Then within 15 s the limited worker's kubelet reports that logind still allows 5 s
      And for 5 s the limited worker's kubelet has no inhibitor lock

  @claim_65_16 @claim_65_17 @changes_every_worker @changes_nodes_readiness @changes_add_ons
  Rule: Regular Pods terminate first, critical Pods last, and the node reports its shutdown
    As long as the kubelet runs: a kubelet that restarts during a shutdown has forgotten the shutdown.

    Scenario: Two regular Pods, a critical Pod, and a Pod that comes too late
      Given worker-0 whose kubelet delays a shutdown by 30 s, 12 s of them for critical Pods
      And two regular Pods and one critical Pod on the worker that log their termination
      When the worker is powered off, and a late Pod is bound to the worker
      Then the worker's node reported its shutdown, and the late Pod is rejected with reason "NodeShutdown"
      And the regular Pods ended before SIGTERM to the critical Pod, each within its own grace period
      And each Pod on the worker was terminated by the kubelet, and no Pod on the other worker has changed
      When the worker is powered on
      Then the worker's node is Ready, and its kubelet reports a shutdown of 8 s to 30 s

  @claim_65_18 @slow @changes_every_worker @changes_nodes_readiness @changes_add_ons
  Rule: Without a grace period, a power-off ends the Pods without a shutdown

    Scenario: A worker is powered off without notice
      Given worker-1 with unchanged kubelet settings
      And two regular Pods and one critical Pod on the worker that log their termination
      When the worker is powered off
      Then for 10 s no Pod on the worker is terminated by the kubelet
      And within 120 s the worker's node is Unknown
      When the worker is powered on
      Then the worker's node is Ready

  @claim_65_19 @slow @changes_every_worker @changes_nodes_readiness @changes_add_ons
  Rule: A cancelled shutdown makes the node Ready again
    The signals are logind's, sent by hand: this judges the kubelet, not logind. A new lock is not certain:
    the kubelet kept the old lock's file descriptor and closes it, which may be the new lock's by then.

    Scenario: A shutdown is announced and cancelled
      Given worker-1 whose kubelet delays a shutdown by 20 s, 8 s of them for critical Pods
      When a shutdown is announced to the worker's kubelet, which has an inhibitor lock
      Then within 20 s the worker's node reports that it is shutting down
      And within 60 s the worker's kubelet has no inhibitor lock
      When the shutdown is cancelled
      Then within 60 s the worker's node is Ready
      When the worker's kubelet restarts
      Then within 15 s the worker's kubelet has an inhibitor lock

  @claim_65_17 @slow @changes_every_worker @changes_nodes_readiness @changes_add_ons
  Rule: A kubelet that restarts during a shutdown has forgotten the shutdown

    Scenario: A shutdown is announced, and the kubelet restarts before the machine is off
      Given worker-1 whose kubelet delays a shutdown by 20 s, 8 s of them for critical Pods
      When a shutdown is announced to the worker's kubelet, which has an inhibitor lock
      Then within 20 s the worker's node reports that it is shutting down
      And a Pod that is bound to the worker is rejected with reason "NodeShutdown"
      When the worker's kubelet restarts
      Then within 60 s the worker's node is Ready
      And a Pod that is bound to the worker runs
