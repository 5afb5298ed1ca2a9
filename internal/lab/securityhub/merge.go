package securityhub

import (
	"maps"
	"slices"
)

// record is a stored finding and the top-level fields that a customer has taken over from its provider.
type record struct {
	finding  document
	customer map[string]bool
}

// withoutDetails drops Resources[].Details, as Security Hub does with control findings that are too large.
func withoutDetails(finding document) document {
	slim := finding.clone()
	resources, _ := finding["Resources"].([]any)
	kept := make([]any, 0, len(resources))
	for _, resource := range resources {
		fields, _ := resource.(map[string]any)
		copied := maps.Clone(fields)
		delete(copied, "Details")
		kept = append(kept, copied)
	}
	slim["Resources"] = kept
	return slim
}

// complete fills what Security Hub derives from an import.
func complete(finding document, region, now string) document {
	full := finding.clone()
	full["Region"] = region
	full["ProcessedAt"] = now
	if full.text("RecordState") == "" {
		full["RecordState"] = "ACTIVE"
	}
	if full.text("WorkflowState") == "" {
		full["WorkflowState"] = "NEW"
	}
	fillProduct(full)
	fillProviderFields(full)
	return full
}

// fillProduct names the product of a finding. Only custom integrations may choose their own names.
func fillProduct(finding document) {
	parsed, err := parseProduct(finding.text("ProductArn"))
	if err != nil {
		return // imports were checked before
	}
	name, company := parsed.names()
	if parsed.account != "" && finding.text("ProductName") != "" {
		name = finding.text("ProductName")
	}
	if parsed.account != "" && finding.text("CompanyName") != "" {
		company = finding.text("CompanyName")
	}
	finding["ProductName"], finding["CompanyName"] = name, company
	fields := finding.with("ProductFields", "aws/securityhub/ProductName", name)
	fields["aws/securityhub/CompanyName"] = company
	fields["aws/securityhub/FindingId"] = finding.text("ProductArn") + "/" + finding.text("Id")
	finding["ProductFields"] = fields
}

// providerFields exist twice: as the provider sees them and, at the top level, as the customer sees them.
func providerFields() []string {
	return []string{"Confidence", "Criticality", "RelatedFindings", "Severity", "Types"}
}

// fillProviderFields makes both copies agree; FindingProviderFields wins where both are given.
func fillProviderFields(finding document) {
	provided := map[string]any{}
	maps.Copy(provided, finding.object("FindingProviderFields"))
	for _, name := range providerFields() {
		switch {
		case name == "Severity":
			finding[name], provided[name] = severities(finding.object(name), provided[name])
		case provided[name] != nil:
			finding[name] = provided[name]
		case finding[name] != nil:
			provided[name] = finding[name]
		}
	}
	finding["FindingProviderFields"] = provided
}

// severities returns the customer's and the provider's severity. The provider's has a label and an original only.
func severities(top document, provided any) (customer, provider map[string]any) {
	given, _ := provided.(map[string]any)
	customer = map[string]any{}
	maps.Copy(customer, top)
	if given["Label"] != nil {
		delete(customer, "Normalized") // follows from the label that wins
	}
	maps.Copy(customer, given)
	customer = fillSeverity(customer)
	provider = map[string]any{"Label": customer["Label"]}
	if customer["Original"] != nil {
		provider["Original"] = customer["Original"]
	}
	return customer, provider
}

// merge puts an import over what is stored: the provider's fields change, the customer's stay, and the workflow
// follows Security Hub's rules.
func merge(old *record, finding document) *record {
	if old == nil {
		finding["Workflow"] = map[string]any{"Status": workflowAfter(nil, finding)}
		return &record{finding: finding, customer: map[string]bool{}}
	}
	status := workflowAfter(old.finding, finding)
	for _, name := range []string{"Note", "UserDefinedFields", "VerificationState", "Workflow", "WorkflowState"} {
		keep(finding, old.finding, name)
	}
	for _, name := range providerFields() {
		if old.customer[name] {
			keep(finding, old.finding, name)
		}
	}
	if isControlFinding(finding) {
		keep(finding, old.finding, "CreatedAt")
		keep(finding, old.finding, "FirstObservedAt")
		rememberCompliance(finding, old.finding)
	}
	finding["Workflow"] = finding.with("Workflow", "Status", status)
	return &record{finding: finding, customer: old.customer}
}

// keep makes a field what it was, present or not.
func keep(finding, old document, name string) {
	if old[name] == nil {
		delete(finding, name)
		return
	}
	finding[name] = old[name]
}

// rememberCompliance notes the status before the last change, which Security Hub adds to its own findings.
func rememberCompliance(finding, old document) {
	const field = "PreviousComplianceStatus"
	previous, _ := old.object("ProductFields")[field].(string)
	if was := old.text("Compliance.Status"); was != finding.text("Compliance.Status") {
		previous = was
	}
	if previous != "" {
		finding["ProductFields"] = finding.with("ProductFields", field, previous)
	}
}

// workflowAfter is the workflow status a finding has after an import; old is nil for a new finding.
func workflowAfter(old, finding document) string {
	status := finding.text("Workflow.Status")
	if old != nil {
		status = old.text("Workflow.Status")
	}
	if status == "" || old != nil && reopened(old, finding) && slices.Contains([]string{"NOTIFIED", "RESOLVED"}, status) {
		status = "NEW"
	}
	if isControlFinding(finding) && finding.text("Compliance.Status") == "PASSED" && status != "SUPPRESSED" {
		return "RESOLVED"
	}
	return status
}

// reopened names the only two changes that undo a customer's NOTIFIED or RESOLVED. A finding that merely stays FAILED
// is not among them.
func reopened(old, finding document) bool {
	if old.text("RecordState") == "ARCHIVED" && finding.text("RecordState") == "ACTIVE" {
		return true
	}
	open := []string{"FAILED", "WARNING", "NOT_AVAILABLE"}
	return old.text("Compliance.Status") == "PASSED" && slices.Contains(open, finding.text("Compliance.Status"))
}
