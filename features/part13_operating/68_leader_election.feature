@article_68
Feature: Leader election and add-ons
  All three API servers serve, but of three controller managers and three schedulers one each acts: the
  holder of a Lease in kube-system. Stop the leader, and another controller takes over by itself.
  The article waits about 15 s, which is the Lease. By upstream's constants a takeover takes up to about
  24 s (the Lease and two tries of 2 to 4.4 s), hence 36 s here; a scheduler that stops cleanly hands its
  Lease back, so that its successor needs about 5 s.

  Rule: The controller manager and the scheduler each have one Lease

    @claim_68_1
    Scenario Outline: The <component> Lease names one process on one controller
      Given the controller that holds the "<component>" Lease
      Then the holder is the name of a controller and a UUID
      And the Lease lasts 15 s

      Examples:
        | component               |
        | kube-controller-manager |
        | kube-scheduler          |

  Rule: One of three acts, the others stand by in good health

    @claim_68_2
    Scenario Outline: Only the holder's <component> says that it leads
      Given the controller that holds the "<component>" Lease
      Then for 60 s its process and no other says that it leads
      And all three processes say that they are healthy
      And no other process of its program runs on any machine
      And each of the three may renew the Lease as its own user
      And each of the three is set as the others are

      Examples:
        | component               |
        | kube-controller-manager |
        | kube-scheduler          |

  Rule: The holder renews its Lease every two seconds

    @claim_68_3
    Scenario Outline: The <component> Lease is renewed without changing hands
      Given the controller that holds the "<component>" Lease
      Then for 60 s the Lease is never older than 5 s
      And half of its renewals come within 3 s of the one before
      And each of the three is set to try every 2 s
      And its holder, acquisition and transitions are as before

      Examples:
        | component               |
        | kube-controller-manager |
        | kube-scheduler          |

  Rule: When the leading controller manager stops, another controller takes over by itself

    @claim_68_4 @disruptive
    Scenario: Another controller takes the Lease of a stopped controller manager
      Given the controller that holds the "kube-controller-manager" Lease
      When its process stops
      Then within 36 s another controller holds the Lease
      And the Lease changed hands exactly once and was never without a holder
      And at no time did two processes say that they lead
      And everything else on the controllers runs on
      And both nodes are Ready

  Rule: The work moves with the Lease

    @claim_68_5 @disruptive
    Scenario: A Deployment made in the gap waits for the new leader
      Given a running Deployment
      And the controller that holds the "kube-controller-manager" Lease
      When its process stops
      And another Deployment is created at once
      Then it has no ReplicaSet until another controller holds the Lease
      And within 30 s after that it has one
      And the containers of the running Deployment are the same

  Rule: A scheduler that stops hands its Lease back, a controller manager does not

    @claim_68_6 @disruptive
    Scenario: The Lease of a stopped scheduler is free at once
      Given the controller that holds the "kube-scheduler" Lease
      When its process stops
      Then within 9 s another controller holds the Lease
      And before that the Lease had no holder and lasted 1 s
      And everything else on the controllers runs on

    @claim_68_6 @disruptive
    Scenario: The Lease of a stopped controller manager has to expire
      Given the controller that holds the "kube-controller-manager" Lease
      When its process stops
      Then within 36 s another controller holds the Lease
      And until then the Lease named the stopped controller
      And it was not taken before it had expired

  Rule: A former leader comes back as a follower

    @claim_68_7 @disruptive
    Scenario: A controller manager that starts again stands by
      Given a controller that lost the "kube-controller-manager" Lease when its process stopped
      When its process starts again
      Then within 60 s its process says that it stands by
      And for 60 s the Lease stays with the other controller

  Rule: A frozen leader cannot act after it lost the Lease

    @claim_68_8 @disruptive
    Scenario: A controller manager that was frozen ends itself
      Given the controller that holds the "kube-controller-manager" Lease
      When its process freezes
      Then within 36 s another controller holds the Lease
      When its process goes on
      Then within 30 s it ended with an error and was started again
      And it never renewed the Lease
      And the Lease changed hands exactly once and was never without a holder

  Rule: Without a scheduler new Pods wait and old ones run

    @claim_68_9 @disruptive
    Scenario: A Pod waits while all three schedulers are stopped
      Given a running Deployment
      When all three schedulers stop
      And a Pod is created that any node could run
      Then for 15 s no scheduler has looked at it
      And the containers of the running Deployment are the same
      When the schedulers start again
      Then within 60 s that Pod runs

  Rule: All three API servers serve

    @claim_68_10
    Scenario: Every API server has an identity Lease and an address
      Given the identity Leases of the API servers
      Then each controller has one that lasts 3600 s
      And for 30 s each is renewed at least every 15 s
      And every API server is ready, and its kubernetes Service lists all three controllers
      And each API server is set as the others are
      And each controller has the same files for it as the others

  Rule: A stopped API server disappears from the Service, and clients of the balancer go on

    @claim_68_11 @disruptive
    Scenario: One API server stops and comes back
      Given a controller whose API server serves no leader
      When its API server stops
      Then within 30 s the kubernetes Service lists the other two controllers
      And its identity Lease is gone
      And for 10 s every request through the load balancer is answered
      And everything else on the controllers runs on
      When its API server starts again
      Then within 60 s the kubernetes Service lists all three controllers

  Rule: Node heartbeats are Leases

    @claim_68_12
    Scenario: Each node renews its own Lease and leaves its status alone
      Given the Leases of the nodes
      Then each node has one that lasts 40 s, is held by it and belongs to it
      And for 30 s each is renewed at least every 15 s
      And in that time no node sent its status more than once
      And each kubelet is set to send a status without news every 5 min

  Rule: Add-ons are ordinary workloads and heal, the control plane has no Pods

    @claim_68_14 @serial
    Scenario: A deleted CoreDNS Pod is replaced and names are answered
      Given the add-ons of the cluster
      When one Pod of CoreDNS is deleted
      Then within 60 s another Pod of CoreDNS is Ready in its place
      And within 60 s Pods on every worker get names resolved
      And the other add-ons are as before

    @claim_68_14 @storage @serial
    Scenario: A deleted Pod of the storage driver is replaced on its worker
      Given the EBS CSI driver
      And the add-ons of the cluster
      When one Pod of its node plugin is deleted
      Then within 90 s another Pod of its node plugin is Ready in its place
      And within 30 s each worker has it registered
      And the other add-ons are as before

    @claim_68_14
    Scenario: The control plane is not made of Pods
      Given the add-ons of the cluster
      Then each add-on belongs to a Deployment or a DaemonSet
      And no Pod is a part of the control plane or the mirror of a static one

  Rule: Coordinated election is not in play

    @claim_68_17
    Scenario: Nobody is a candidate, and no Lease has a strategy
      Given every API server serves Leases
      Then none of them serves candidates for them
      And no Lease of kube-system has a strategy
