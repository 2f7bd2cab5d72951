@article_64
Feature: A cluster is upgraded to the next minor version
  The article names the order and changes no version. Here a cluster of its own is upgraded by the phases that
  built it: etcd where the next version prescribes another one, API servers one at a time, controller managers
  and schedulers, then each worker drained, upgraded and uncordoned. Only `make upgrade` runs this.

  @claim_64_2 @claim_64_9 @claim_64_12 @claim_64_13 @slow @upgrade
  @changes_etcd @changes_every_api_server @changes_managers @changes_schedulers @changes_every_worker
  @changes_add_ons
  Rule: An upgrade in the supported order keeps the skew policy at each step and causes no outage
    The load balancer of article 9 checks each API server every 2 s and removes it after 3 failures: 6 s, and
    half of that again.

    Scenario: The next minor version is installed under clients that do not retry
      Given a client that requests an object from the load balancer 5 times a second without a retry
      And watches through the load balancer, and a client that creates an object every second
      And a Deployment that serves clients on every worker, with a PodDisruptionBudget that requires 1 Ready Pod
      When the cluster is upgraded to the next minor version
      Then no client had an outage longer than 9 s
      And within 20 s every watch has reported every object
      And the Deployment always had at least 1 Ready Pods
      And after each step of the upgrade the versions obey the skew policy, and every component has the next minor version at the end
