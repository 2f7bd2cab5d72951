@article_61
Feature: A second API server behind the first
  The aggregator hands whole API groups to another server: metrics-server of article 40, an add-on that
  computes its answers and stores nothing. Controllers run no kube-proxy, so the way to it is the address
  of its Pod, over the VPC's routes. Counting is done at the second server: a 200 proves no proxying.

  @claim_61_1
  Rule: A group is registered by an APIService that points at a Service

    Scenario: The group of metrics and the built-in groups
      Given the Pod of metrics-server is ready
      Then the APIService of metrics points at the Service "metrics-server"
      And within 150 s it has passed, and every API server gives the metrics of both workers
      And those of the built-in groups point nowhere and are local

  @claim_61_2 @claim_61_5
  Rule: Requests to that group are answered by the second server, live

    Scenario: Metrics of both workers, counted by metrics-server itself
      Given metrics are served
      When the metrics of nodes are read 5 times through every API server
      Then they are of both workers, with CPU, memory, a window and a time of the last 90 s
      And metrics-server has counted every one of these requests
      And within 60 s every API server gives them with a later time
      But they have no identity, and can neither be watched nor written

  @claim_61_3 @claim_61_12
  Rule: Metrics are not in etcd, objects of a defined kind are

    Scenario: Keys of metrics and of a kind of our own
      Given metrics are served
      And an object of a kind that is defined for it
      When the metrics of nodes are read 5 times through every API server
      Then etcd holds the object with its UID, and the APIService of metrics
      But no other key of etcd is of metrics
      When the object is deleted
      Then etcd holds it no more

  @claim_61_4 @article_68 @claim_68_14 @disruptive
  Rule: They live in the memory of the second server, an add-on that is replaced when its Pod goes

    Scenario: The second server is replaced
      Given metrics are served
      When its Pod is deleted
      Then at first no API server has metrics of nodes
      And within 120 s another Pod serves the metrics of both workers, which it has scraped twice

  @claim_61_6 @claim_61_7
  Rule: The caller's identity travels along, asserted only by the front proxy, and is judged again

    Scenario: Two users by the proxy and two by the second server's own port
      Given metrics are served
      And a user who may read metrics and one who may not
      Then through every API server one is answered and the other refused by name
      And who may view a namespace may read metrics
      And at the second server, named by the front proxy's certificate, they are answered alike
      But named without a certificate, or with one of the Kubernetes CA, neither is believed
      And so every API server believes the front proxy's certificate, and no other
      And the front proxy's CA, its allowed name and its headers are published, and nothing more

  @claim_61_8 @claim_61_9 @claim_61_13 @disruptive
  Rule: When the second server is away only its group fails, and namespaces cannot go

    Scenario: No second server for a while
      Given metrics are served, and a namespace that is deleted meanwhile goes
      And every API server is asked for objects of other groups again and again
      When metrics-server is scaled to none
      Then within 90 s its APIService is unavailable by "MissingEndpoints" and every API server answers 503
      And an empty namespace that is deleted stays, naming "DiscoveryFailed"
      And every API server tells the outage of that group only, which was counted by "MissingEndpoints"
      When metrics-server is scaled back
      Then within 120 s all is well again, and the other groups were answered all the time

  @claim_61_10
  Rule: Controllers reach the second server by its Pod's address

    Scenario: Three controllers without kube-proxy
      Given the Pod of metrics-server is ready
      And a Pod that listens on each worker
      Then every API server routes to endpoints
      And every controller connects to the Pod's address
      And every controller connects to a Pod of each worker
      But no controller connects to the Service's address

  @claim_61_11
  Rule: The second server needs one right on kubelets

    Scenario: Its rules, and the kubelets' own counts
      Given metrics are served
      And how often each kubelet was asked for resource metrics, and by metrics-server
      Then the role of metrics-server holds "nodes/metrics" and not "nodes/proxy"
      And whatever else is bound to its account gives it no right on kubelets but "nodes/metrics"
      And within 60 s each kubelet counts what metrics-server asked it, twice more at least
