"""What the features have, in the synthetic run's project."""

FEATURE = """
Feature: Some claims

  @claim_69_1
  Scenario: not in the run
    Given a cluster

  @claim_63_4 @changes_a_worker
  Scenario Outline: in part
    Given a <thing>

    Examples:
      | thing |
      | one   |
      | other |
"""
