@article_63
Feature: Client certificates are renewed
  Components authenticate to the API servers with a certificate from their kubeconfig. A certificate that expires
  in five hours is recognized by that: API servers count requests by the remaining lifetime of client certificates.

  @claim_63_16 @changes_schedulers @changes_an_api_server
  Rule: A certificate inside a kubeconfig is read once, when a component starts
    An open connection keeps the certificate that opened it: the scheduler's API server restarts, so that the scheduler
    reconnects.

    Scenario: The kubeconfig of a standby scheduler changes
      Given a standby scheduler and the leading scheduler
      When the kubeconfig of the standby scheduler gets a certificate that expires in 5 h
      And the API server of the standby scheduler restarts
      Then for 15 s the scheduler's API server sees no certificate that expires in 5 h
      When the standby scheduler restarts
      Then within 60 s the scheduler's API server sees a certificate that expires in 5 h
      And the leading scheduler is the same

  @claim_63_17 @slow @changes_every_worker
  Rule: A kubelet renews its own client certificate, once its CSR is approved

    Scenario: The certificate of a kubelet expires in five hours
      Given a worker whose kubelet rotates certificates and has one that expires in 5 h
      Then within 60 s the kubelet has created a CSR, and API servers see the old certificate
      And for 30 s the CSR is pending
      When nodes are allowed to renew their own client certificates
      Then within 120 s the CSR is approved and issued
      And within 60 s the kubelet has another certificate, for the same name
      And within 90 s API servers see no certificate that expires in 5 h, and the kubelet renews its Lease
      And the kubelet's node stayed Ready
