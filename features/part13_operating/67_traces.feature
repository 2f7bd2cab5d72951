@article_67
Feature: An API server exports traces
  One API server is configured with a trace collector and no sampling rate: it traces the requests that ask for
  it, which only privileged callers may. The other API servers reach the collector, but are not configured for it.

  @claim_67_17 @claim_67_18 @slow @changes_an_api_server
  Rule: Only a privileged caller's request is exported as a span, found by its audit ID

    Scenario: Four clients request traces
      Given a trace collector on a controller whose API server is configured to use it
      When admin on every API server, and a ServiceAccount on the configured API server, send traced requests
      Then within 15 s the collector has the span "POST /api/v1/namespaces/{:namespace}/configmaps" of admin's request to the configured API server
      And the span has the child span "etcdserverpb.KV/Txn"
      And the collector has no span of the other requests
      And no other API server is configured to export traces
      And no other API server has restarted
