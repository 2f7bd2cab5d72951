@article_61 @relies_on_every_worker
Feature: Requests are aggregated to a second API server
  The aggregation layer proxies whole API groups to another server: metrics-server of article 40, an add-on
  that computes its responses and stores nothing. Controllers run no kube-proxy, so API servers reach it at
  the address of its Pod, over VPC routes. Requests are counted at metrics-server: a 200 proves no proxying.

  @claim_61_1
  Rule: An API group is registered by an APIService that references a Service

    Scenario: The metrics.k8s.io group and the built-in groups
      Given a Ready Pod of metrics-server
      Then the APIService of metrics.k8s.io references the Service "metrics-server"
      And within 150 s the APIService is available with reason "Passed", and every API server returns the metrics of both workers
      And the APIServices of the built-in groups have no service and are Local

  @claim_61_2 @claim_61_5
  Rule: Requests to an aggregated group are answered live by the second API server

    Scenario: Metrics of both workers, counted by metrics-server itself
      Given metrics-server serves node metrics
      When the node metrics are read 5 times through every API server
      Then the node metrics are of both workers, with CPU, memory, a window and a timestamp of the last 90 s
      And metrics-server has counted every one of the read requests
      And within 60 s every API server returns node metrics with a later timestamp
      But the node metrics have no UID, and support neither watch nor write

  Rule: Aggregated metrics are not stored in etcd, custom resources are

    @claim_61_3
    Scenario: etcd keys of the metrics.k8s.io group
      Given metrics-server serves node metrics
      When the node metrics are read 5 times through every API server
      Then etcd stores the APIService of metrics.k8s.io and no other key of the group

    @claim_61_12
    Scenario: The etcd key of a custom resource
      Given a custom resource of a new CustomResourceDefinition
      Then etcd stores the custom resource with its UID
      When the stored object is deleted
      Then within 20 s no etcd member stores the object

  @claim_61_4 @article_68 @claim_68_14 @changes_add_ons
  Rule: Metrics are in the memory of metrics-server, an add-on that is replaced when its Pod is deleted

    Scenario: The Pod of metrics-server is deleted
      Given metrics-server serves node metrics
      When the Pod of metrics-server is deleted
      Then within 30 s no API server returns node metrics
      And within 120 s another Pod of metrics-server has the metrics of both workers, after two scrapes
      And within 120 s every API server returns node metrics

  @claim_61_6 @claim_61_7
  Rule: Only the front proxy asserts the caller's identity, and metrics-server authorizes it again

    Scenario: Two users through the proxy of every API server
      Given metrics-server serves node metrics
      And a user who may read metrics and a user who may not
      Then through every API server, the user who may read metrics gets them, and the other user is refused with 403, naming that user
      And the built-in view, edit and admin roles may read metrics

    Scenario: Users asserted with and without the front-proxy certificate
      Given metrics-server serves node metrics
      And a user who may read metrics and a user who may not
      Then at metrics-server, asserted by the front-proxy certificate, the user who may read metrics gets them, and the other user is refused with 403, naming that user
      But metrics-server accepts asserted users with the front-proxy certificate only
      And every API server accepts asserted users with the front-proxy certificate only
      And the CA, allowed name and headers of the front proxy are published, and nothing else

  @claim_61_8 @claim_61_9 @claim_61_13 @changes_add_ons
  Rule: When metrics-server is unavailable, only its group fails, and namespaces cannot be deleted

    Scenario: metrics-server is scaled to 0 replicas and back
      Given metrics-server serves node metrics, and a deleted namespace is finalized
      And a client that requests objects of the other groups from every API server
      When metrics-server is scaled to 0 replicas
      Then within 90 s the APIService is unavailable with reason "MissingEndpoints", and every API server answers 503
      And within 60 s a deleted empty namespace stays with reason "DiscoveryFailed"
      And every API server reports the outage of metrics.k8s.io only, counted with reason "MissingEndpoints"
      When metrics-server is scaled back
      Then within 120 s metrics are served and the namespace is finalized, and every request to the other groups was answered

  @claim_61_10 @relies_on_every_worker
  Rule: Controllers reach metrics-server at the address of its Pod

    Scenario: Three controllers without kube-proxy
      Given a Ready Pod of metrics-server
      And a Pod that listens on each worker
      Then every API server routes aggregated requests to endpoints
      And every controller connects to the address of the metrics-server Pod
      And every controller connects to the Pod on each worker
      But no controller connects to the address of the metrics-server Service

  @claim_61_11
  Rule: metrics-server needs one permission on kubelets

    Scenario: The role of metrics-server, and the request counts of the kubelets
      Given metrics-server serves node metrics
      And the number of resource metrics requests of each kubelet and of metrics-server
      Then the role of metrics-server grants "nodes/metrics" and not "nodes/proxy"
      And no other binding grants metrics-server more permissions on kubelets than "nodes/metrics"
      And within 60 s each kubelet counts at least two more requests of metrics-server
