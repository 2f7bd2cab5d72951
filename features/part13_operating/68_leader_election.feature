@article_68
Feature: Leader election and add-ons
  All three API servers serve, but of three controller managers and three schedulers only one each is active: the
  holder of a Lease in kube-system. When the leader stops, another controller takes over by itself.
  The article waits about 15 s, the lease duration. By upstream's constants a takeover takes up to about
  24 s (the lease duration and two retries of 2 to 4.4 s); the bound here is half as much again, 36 s. A
  scheduler that stops cleanly releases its Lease, so that its successor needs about 5 s.

  Rule: The controller manager and the scheduler each have one Lease

    @claim_68_1 @ignores_workers
    Scenario Outline: The <component> Lease names one process on one controller
      Given the controller that holds the "<component>" Lease
      Then the holder identity is the name of a controller and a UUID
      And the Lease has a duration of 15 s

      Examples:
        | component               |
        | kube-controller-manager |
        | kube-scheduler          |

  Rule: One of three is active, the other two are healthy standbys

    @claim_68_2 @relies_on_every_worker
    Scenario Outline: Only the holder's <component> reports that it leads
      Given the controller that holds the "<component>" Lease
      Then for 60 s the holder's process reports that it leads, and no other
      And all three processes report that they are healthy
      And all three processes are the only ones of their program on any machine
      And all three processes may renew the Lease as their own user
      And each <component> has the same settings for leader election

      Examples:
        | component               |
        | kube-controller-manager |
        | kube-scheduler          |

  Rule: The holder renews its Lease every two seconds

    @claim_68_3 @ignores_workers
    Scenario Outline: The <component> Lease is renewed without a new holder
      Given the controller that holds the "<component>" Lease
      Then for 60 s the Lease is never older than 5 s
      And at least half of the renewals come within 3 s of the previous one
      And each <component> has a retry period of 2 s
      And the Lease has the same holder, acquire time and number of transitions

      Examples:
        | component               |
        | kube-controller-manager |
        | kube-scheduler          |

  Rule: When the leading controller manager stops, another controller takes over by itself

    @claim_68_4 @relies_on_every_worker @changes_managers
    Scenario: Another controller acquires the Lease of a stopped controller manager
      Given the controller that holds the "kube-controller-manager" Lease
      When the leader's process stops
      Then within 36 s another controller holds the Lease
      And the Lease changed its holder exactly once and always had a holder
      And no two processes reported at the same time that they lead
      And every other control-plane process is the same
      And every worker has a Ready node

  Rule: The controllers' work moves with the Lease

    @claim_68_5 @changes_managers
    Scenario: A Deployment created without a leader waits for the new leader
      Given a running Deployment
      And the controller that holds the "kube-controller-manager" Lease
      When the leader's process stops
      And another Deployment is created before the takeover
      Then the new Deployment has no ReplicaSet before another controller holds the Lease
      And within 30 s of the takeover the new Deployment has a ReplicaSet
      And the containers of the running Deployment are the same

  Rule: A scheduler that stops releases its Lease, a controller manager does not

    @claim_68_6 @changes_schedulers
    Scenario: The Lease of a stopped scheduler is released
      Given the controller that holds the "kube-scheduler" Lease
      When the leader's process stops
      Then within 9 s another controller holds the Lease
      And the Lease had no holder and a duration of 1 s before the takeover
      And every other control-plane process is the same

    @claim_68_6 @changes_managers
    Scenario: The Lease of a stopped controller manager has to expire
      Given the controller that holds the "kube-controller-manager" Lease
      When the leader's process stops
      Then within 36 s another controller holds the Lease
      And the Lease named the stopped controller before the takeover
      And the Lease was not acquired before it had expired

  Rule: A former leader returns as a standby

    @claim_68_7 @changes_managers
    Scenario: A restarted controller manager is a standby
      Given a controller that lost the "kube-controller-manager" Lease when its process stopped
      When the process of the former leader starts
      Then within 60 s the former leader's process reports that it is a standby
      And for 60 s the Lease stays with the new leader

  Rule: A paused leader cannot act after it has lost the Lease

    @claim_68_8 @changes_managers
    Scenario: A controller manager that was paused exits
      Given the controller that holds the "kube-controller-manager" Lease
      When the leader's process is paused
      Then within 36 s another controller holds the Lease
      When the process of the former leader is resumed
      Then within 30 s the paused process has exited with an error and restarted
      And the Lease was not renewed by the paused process
      And the Lease changed its holder exactly once and always had a holder

  Rule: Without a scheduler, new Pods wait and running Pods run on

    @claim_68_9 @changes_schedulers
    Scenario: A Pod waits while all three schedulers are stopped
      Given a running Deployment
      When all three schedulers stop
      And a Pod that any worker could run is created
      Then for 15 s no scheduler handles the unscheduled Pod
      And the containers of the running Deployment are the same
      When all three schedulers start
      Then within 60 s the unscheduled Pod runs on a worker

  Rule: All three API servers serve

    @claim_68_10 @ignores_workers
    Scenario: Every API server has an identity Lease and an endpoint address
      Given the Leases of the API servers
      Then each controller has an identity Lease with a duration of 3600 s
      And for 30 s each Lease is renewed at least every 15 s
      And every API server is ready and has all three controllers in the endpoints of the kubernetes Service
      And each API server has the same settings for the kubernetes Service
      And each controller has the same files for its API server

  Rule: A stopped API server leaves the kubernetes Service, and clients of the load balancer are answered

    @claim_68_11 @changes_an_api_server
    Scenario: One API server stops and starts
      Given a controller whose controller manager and scheduler are standbys
      When the API server of that controller stops
      Then within 30 s the endpoints of the kubernetes Service are the other two controllers
      And the identity Lease of that API server no longer exists
      And for 10 s every request through the load balancer is answered
      And every other control-plane process is the same
      When the API server of that controller starts
      Then within 60 s the endpoints of the kubernetes Service are all three controllers

  Rule: Node heartbeats are Leases

    @claim_68_12 @relies_on_every_worker
    Scenario: Each node renews its own Lease and rarely updates its status
      Given the Leases of the nodes
      Then each node holds and owns a Lease with a duration of 40 s
      And for 30 s each Lease is renewed at least every 15 s
      And no node has updated its status more than once while its Lease was renewed
      And each kubelet has a status report frequency of 5 min

  Rule: Add-ons are ordinary workloads and recover, the control plane has no Pods

    @claim_68_14 @relies_on_every_worker @changes_add_ons
    Scenario: A deleted CoreDNS Pod is replaced and names are resolved
      Given the add-ons of the cluster
      When one Pod of CoreDNS is deleted
      Then within 60 s another Pod of CoreDNS is Ready
      And within 60 s Pods on every worker resolve names
      And the other add-ons are the same

    @claim_68_14 @relies_on_every_worker @changes_ebs_driver
    Scenario: A deleted Pod of the storage driver is replaced on its worker
      Given the EBS CSI driver
      And the add-ons of the cluster
      When one Pod of the EBS CSI node plugin is deleted
      Then within 90 s another Pod of the EBS CSI node plugin is Ready
      And within 60 s the driver is registered on every worker
      And the other add-ons are the same

    @claim_68_14 @relies_on_every_worker
    Scenario: The control plane is not made of Pods
      Given the add-ons of the cluster
      Then each add-on belongs to a Deployment or a DaemonSet
      And within 150 s every add-on has finished rolling out
      And within 90 s CoreDNS has a Ready Pod on every worker
      And no Pod is a control-plane component or a mirror Pod

  Rule: Coordinated leader election is not enabled

    @claim_68_17 @ignores_workers
    Scenario: No API server serves lease candidates, and no Lease has a strategy
      Given API servers that serve Leases
      Then every API server serves no lease candidates
      And no Lease in kube-system has a strategy
