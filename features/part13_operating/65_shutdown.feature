@article_65 @needs_graceful_shutdown
Feature: A worker that is powered off
  With a period set, the kubelet delays a power-off by a lock at logind, ends ordinary Pods first and
  critical ones last, and says so. The worker really goes off, by its own command, as EC2 sees it; Pods
  tell a Pod on the other worker of their end, whose log keeps the order.

  @claim_65_15 @claim_65_16 @claim_65_17 @claim_65_18 @claim_65_19
  Rule: Every worker's kubelet can delay a shutdown, and does not until it is told to
    A real shutdown takes one worker; what it shows counts for the others because of this.

    Scenario: Gates, settings and logind of every worker
      Given the metrics of every kubelet
      And the settings of every kubelet
      Then each says that the gate "GracefulNodeShutdown" is on
      And each says that the gate "GracefulNodeShutdownBasedOnPodPriority" is on
      And every kubelet is set to
        | setting                          | value  |
        | shutdownGracePeriod              | 0s     |
        | shutdownGracePeriodCriticalPods  | 0s     |
        | shutdownGracePeriodByPodPriority | absent |
      And every worker has logind, which tells how long it allows
      And what makes a worker a node starts with its machine

  @claim_65_15 @disruptive @slow
  Rule: The kubelet takes a lock at logind, and raises logind's limit where it is lower
    A file that logind reads after the kubelet's wins: unattended-upgrades of Debian has such a one.

    Scenario: A lock for twenty seconds where logind allows five
      Given workers whose logind allows less than 20 s
      When their kubelets delay a shutdown by 20 s, 8 s of them for critical Pods
      Then within 15 s each kubelet holds a lock that delays a shutdown
      And each logind allows 20 s where it allowed less, by a file of the kubelet
      When a later file of logind's holds one of them to 5 s, and its kubelet restarts
      Then within 15 s that kubelet says that logind still allows 5 s
      And for 5 s it holds no lock

  @claim_65_16 @claim_65_17 @disruptive
  Rule: Ordinary Pods end first, critical ones last, and the node says that it is going
    As long as the kubelet runs on: one that is restarted meanwhile has forgotten the shutdown.

    Scenario: Two ordinary Pods, a critical one, and a Pod that comes too late
      Given worker-0 whose kubelet delays a shutdown by 30 s, 12 s of them for critical Pods
      And two ordinary Pods and a critical one on it that tell of their end
      When the worker is powered off, and a Pod is bound to it meanwhile
      Then it said that it was shutting down, and rejected that Pod by "NodeShutdown"
      And the ordinary Pods ended before the critical one was asked to, each in its own time
      And the API shows each as ended by the kubelet, and Pods of the other worker go on
      When the worker is powered on
      Then its node is ready, and its kubelet tells of a shutdown that took 8 s to 30 s

  @claim_65_18 @disruptive @slow
  Rule: Without a period the same power-off takes the Pods away

    Scenario: A worker goes and nobody says so
      Given worker-1 as it is
      And two ordinary Pods and a critical one on it that tell of their end
      When the worker is powered off
      Then the API shows none as ended by the kubelet
      And within 120 s its node is Unknown
      When the worker is powered on
      Then its node is ready

  @claim_65_19 @disruptive @slow
  Rule: A shutdown that is called off brings the node back
    The signals are logind's, sent by hand: this judges the kubelet, not logind. The new lock is not
    certain: the kubelet kept the old one's number and closes it, which may be the new one's by then.

    Scenario: A shutdown is announced and called off
      Given worker-1 whose kubelet delays a shutdown by 20 s, 8 s of them for critical Pods
      When a shutdown is announced to it, and it holds a lock
      Then within 20 s its node says that it is shutting down
      And within 60 s its kubelet has given its lock back
      When the shutdown is called off
      Then within 60 s its node is ready again
      When its kubelet is restarted
      Then within 15 s its kubelet holds a lock that delays a shutdown

  @claim_65_17 @disruptive @slow
  Rule: A kubelet that is restarted during a shutdown has forgotten it

    Scenario: A shutdown is announced, and the kubelet restarts before the machine is off
      Given worker-1 whose kubelet delays a shutdown by 20 s, 8 s of them for critical Pods
      When a shutdown is announced to it, and it holds a lock
      Then within 20 s its node says that it is shutting down
      And a Pod that is bound to it is rejected by "NodeShutdown"
      When its kubelet is restarted
      Then within 60 s its node is ready again
      And a Pod that is bound to it runs
