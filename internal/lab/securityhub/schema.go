package securityhub

import (
	"cmp"
	"fmt"
)

// limits is the part of the AWS Security Finding Format that imports are checked against, path by path.
type limits struct {
	required   []string
	texts      map[string]int       // longest text, in characters; 0 is any
	enums      map[string][]string  // allowed values
	times      []string             // RFC 3339
	ratios     []string             // numbers from 0 to 100
	lists      map[string][2]int    // fewest and most elements
	properties map[string]fieldSize // maps of texts
}

// fieldSize limits a map of texts: pairs, characters of a key, characters of a value.
type fieldSize struct{ pairs, key, value int }

// userFieldSize holds for imports and for updates.
func userFieldSize() fieldSize { return fieldSize{50, 128, 1024} }

// severityLabels are in ascending order.
func severityLabels() []string {
	return []string{"INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"}
}

// workflowStatuses are those of the Workflow object, not of the older WorkflowState.
func workflowStatuses() []string { return []string{"NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"} }

// verificationStates are what a customer can say about the truth of a finding.
func verificationStates() []string {
	return []string{"UNKNOWN", "TRUE_POSITIVE", "FALSE_POSITIVE", "BENIGN_POSITIVE"}
}

// findingFormat are the limits that the API reference gives for the fields that matter to control findings.
func findingFormat() limits {
	return limits{
		required: []string{
			"SchemaVersion", "Id", "ProductArn", "GeneratorId", "AwsAccountId", "CreatedAt", "UpdatedAt", "Title",
			"Description", "Resources",
		},
		texts: map[string]int{
			"Id": 512, "ProductArn": 2048, "GeneratorId": 512, "AwsAccountId": 12, "Title": 256, "Description": 1024,
			"Remediation.Recommendation.Text": 512, "Note.Text": 512, "Note.UpdatedBy": 512, "Severity.Original": 64,
			"Compliance.SecurityControlId": 0, "Resources.Id": 0, "Resources.Type": 0, "Resources.Region": 16,
		},
		enums: map[string][]string{
			"SchemaVersion":     {"2018-10-08"},
			"Severity.Label":    severityLabels(),
			"Compliance.Status": {"PASSED", "WARNING", "FAILED", "NOT_AVAILABLE"},
			"Workflow.Status":   workflowStatuses(),
			"WorkflowState":     {"NEW", "ASSIGNED", "IN_PROGRESS", "DEFERRED", "RESOLVED"},
			"RecordState":       {"ACTIVE", "ARCHIVED"},
			"VerificationState": verificationStates(),

			"FindingProviderFields.Severity.Label": severityLabels(),
		},
		times: []string{"CreatedAt", "UpdatedAt", "FirstObservedAt", "LastObservedAt", "Note.UpdatedAt"},
		ratios: []string{
			"Confidence", "Criticality", "Severity.Normalized",
			"FindingProviderFields.Confidence", "FindingProviderFields.Criticality",
		},
		lists: map[string][2]int{
			"Resources": {1, 32}, "Types": {0, 50}, "RelatedFindings": {1, 10}, "Malware": {0, 5},
			"ThreatIntelIndicators": {1, 5}, "Compliance.RelatedRequirements": {0, 32},
			"FindingProviderFields.Types": {0, 50}, "FindingProviderFields.RelatedFindings": {1, 10},
		},
		properties: map[string]fieldSize{
			"ProductFields":     {50, 128, 2048},
			"UserDefinedFields": userFieldSize(),
		},
	}
}

// problem says what about a finding breaks the format, or nothing. Paths are looked at in order, so that the same
// finding always gets the same answer.
func (l limits) problem(d document) string {
	for _, name := range l.required {
		if d[name] == nil {
			return fmt.Sprintf("data should have required property '%s'", name)
		}
	}
	if d["Severity"] == nil && d.object("FindingProviderFields")["Severity"] == nil {
		return "data should have required property 'Severity' or 'FindingProviderFields.Severity'"
	}
	return cmp.Or(
		first(l.texts, func(path string, longest int) string { return d.everyText(path, longest) }),
		first(l.enums, d.everyEnum),
		l.timesAndRatios(d),
		first(l.lists, d.list),
		first(l.properties, func(path string, size fieldSize) string { return texts(path, d.at(path), size) }),
		resourcesProblem(d),
		typesProblem("Types", d.values("Types")),
		accountProblem(d.text("AwsAccountId")),
	)
}
