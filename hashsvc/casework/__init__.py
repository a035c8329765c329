"""What happens to a report: triage, cases, decisions. Sits above matching; knows no gRPC and no people's terminals."""
