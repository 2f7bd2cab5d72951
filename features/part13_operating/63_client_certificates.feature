@article_63
Feature: Client certificates are renewed
  Components show the API servers a certificate from their kubeconfig. One that ends in five hours is
  known by that: API servers count requests by what their client's certificate has left.

  @claim_63_16 @disruptive
  Rule: A certificate inside a kubeconfig is read once, when a component starts

    Scenario: The kubeconfig of a scheduler that stands by is changed
      Given a scheduler that stands by, and its leader
      When its kubeconfig gets a certificate that ends in 5 h
      And its API server is restarted, so that it connects anew
      Then for 15 s its API server sees no certificate that ends so soon
      When it is restarted
      Then within 60 s its API server sees one
      And the leader of the schedulers is the same

  @claim_63_17 @disruptive @slow
  Rule: A kubelet renews its own client certificate, when somebody approves

    Scenario: A kubelet's certificate ends in five hours
      Given a worker whose kubelet rotates certificates, and has one that ends in 5 h
      Then within 60 s it has asked for a new one, and API servers see the old
      And for 30 s its request stays pending
      When nodes are allowed to renew their own
      Then within 120 s its request is approved and issued
      And within 60 s it has another certificate, for the same name
      And within 90 s API servers see no certificate that ends so soon, while it goes on
      And its node was ready all the while
