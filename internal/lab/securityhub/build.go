package securityhub

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/uuid"
)

// builder derives the parts of a finding from its spec.
type builder struct {
	spec      FindingSpec
	partition string
	standard  standard // zero without FindingSpec.Standard
	control   string   // id in the standard
	perStd    bool     // one finding per standard
}

// Finding returns a finding as Security Hub would write it, as JSON. Its Id depends only on the control (and the
// standard, unless consolidated), the account, the Region and the resource.
func Finding(spec FindingSpec) (json.RawMessage, error) {
	b, err := newBuilder(spec)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(b.finding())
	if err != nil {
		return nil, fmt.Errorf("encode finding: %w", err)
	}
	return data, nil
}

// SDKFinding is Finding for callers of the SDK.
func SDKFinding(spec FindingSpec) (types.AwsSecurityFinding, error) {
	data, err := Finding(spec)
	if err != nil {
		return types.AwsSecurityFinding{}, err
	}
	// The SDK's fields carry the names of the API, so that encoding/json can fill them.
	var finding types.AwsSecurityFinding
	if err := json.Unmarshal(data, &finding); err != nil {
		return types.AwsSecurityFinding{}, fmt.Errorf("convert finding: %w", err)
	}
	return finding, nil
}

// newBuilder checks a spec and resolves its standard.
func newBuilder(spec FindingSpec) (builder, error) {
	b := builder{spec: withDefaults(spec), partition: partition(spec.Region)}
	if err := spec.check(); err != nil {
		return b, err
	}
	for _, key := range b.spec.AssociatedStandards {
		if _, err := findStandard(key); err != nil {
			return b, fmt.Errorf("field AssociatedStandards: %w", err)
		}
	}
	if spec.Standard == "" {
		return b, nil
	}
	found, err := findStandard(spec.Standard)
	if err != nil {
		return b, fmt.Errorf("field Standard: %w", err)
	}
	b.standard, b.perStd = found, !spec.Consolidated && !found.consolidated
	b.control = spec.StandardControlID
	if b.control == "" && !found.ownIDs {
		b.control = spec.Control
	}
	if b.control == "" && b.perStd {
		return b, fmt.Errorf("field StandardControlID: %s numbers its controls itself, say what %s is there",
			spec.Standard, spec.Control)
	}
	return b, nil
}

// uid is a name-based UUID, which makes the finding's Id stable over runs of the lab.
func (b builder) uid() string {
	name := []string{b.spec.Control, b.spec.Account, b.spec.Region, b.spec.Resource}
	if b.perStd {
		name = append(name, b.spec.Standard, b.control)
	}
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(strings.Join(name, "\n"))).String()
}

// id is the finding's ARN; its form tells both modes apart.
func (b builder) id() string {
	parent := "security-control/" + b.spec.Control
	if b.perStd {
		parent = "subscription/" + b.standard.slug + "/" + b.control
	}
	return fmt.Sprintf("arn:%s:securityhub:%s:%s:%s/finding/%s",
		b.partition, b.spec.Region, b.spec.Account, parent, b.uid())
}

// generator is the GeneratorId, derived unless the spec forges one.
func (b builder) generator() string {
	switch {
	case b.spec.GeneratorID != "":
		return b.spec.GeneratorID
	case b.perStd:
		return b.standard.generator(b.partition, b.control)
	}
	return "security-control/" + b.spec.Control
}

// finding puts all parts together.
func (b builder) finding() document {
	at, id := stamp(b.spec.At), b.id()
	url := "https://docs.aws.amazon.com/console/securityhub/" + b.spec.Control + "/remediation"
	title, kind := b.spec.Title, "Software and Configuration Checks/Industry and Regulatory Standards"
	if b.perStd {
		title, kind = b.control+" "+title, kind+b.standard.typeSuffix
	}
	workflow := "NEW"
	if b.spec.Status == "PASSED" {
		workflow = "RESOLVED"
	}
	out := document{
		"SchemaVersion": "2018-10-08",
		"Id":            id,
		"ProductArn":    productARN(b.spec.Region),
		"ProductName":   "Security Hub CSPM",
		"CompanyName":   "AWS",
		"Region":        b.spec.Region,
		"GeneratorId":   b.generator(),
		"AwsAccountId":  b.spec.Account,
		"Types":         []string{kind},
		"Title":         title,
		"Description":   b.spec.Description,
		"Severity":      b.severity(),
		"CreatedAt":     at, "UpdatedAt": at, "FirstObservedAt": at, "LastObservedAt": at, "ProcessedAt": at,
		"Remediation": map[string]any{"Recommendation": map[string]any{
			"Text": "For information on how to correct this issue, see the controls documentation.", "Url": url,
		}},
		"ProductFields": b.productFields(id, url),
		"Resources": []any{map[string]any{
			"Type": b.spec.ResourceType, "Id": b.spec.Resource, "Partition": b.partition, "Region": b.spec.Region,
		}},
		"Compliance":    b.compliance(),
		"WorkflowState": "NEW",
		"Workflow":      map[string]any{"Status": workflow},
		"RecordState":   b.spec.RecordState,
		"FindingProviderFields": map[string]any{
			"Severity": map[string]any{"Label": b.spec.Severity, "Original": b.spec.Severity},
			"Types":    []string{kind},
		},
	}
	if b.spec.AccountName != "" {
		out["AwsAccountName"] = b.spec.AccountName
	}
	return out
}

// severity carries the deprecated Product only per standard.
func (b builder) severity() map[string]any {
	severity := map[string]any{
		"Label": b.spec.Severity, "Normalized": normalized(b.spec.Severity), "Original": b.spec.Severity,
	}
	if b.perStd {
		severity["Product"] = normalized(b.spec.Severity)
	}
	return severity
}

// productFields name the rule behind the control and, per standard, the standard.
func (b builder) productFields(id, url string) map[string]any {
	rule := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(b.spec.Control), "-")
	fields := map[string]any{
		"RelatedAWSResources:0/name":  "securityhub-" + rule + "-" + b.uid()[:8],
		"RelatedAWSResources:0/type":  "AWS::Config::ConfigRule",
		"aws/securityhub/ProductName": "Security Hub CSPM",
		"aws/securityhub/CompanyName": "AWS",
		"aws/securityhub/FindingId":   productARN(b.spec.Region) + "/" + id,
		"Resources:0/Id":              b.spec.Resource,
	}
	if b.perStd {
		maps.Copy(fields, b.standard.productFields(b, b.control, url))
	}
	return fields
}

// compliance names the security control in both modes, but all standards only in the consolidated one.
func (b builder) compliance() map[string]any {
	named := b.spec.AssociatedStandards
	if b.perStd {
		named = []string{b.spec.Standard}
	}
	associated := []any{}
	for _, key := range slices.Compact(slices.Sorted(slices.Values(named))) {
		associated = append(associated, map[string]any{"StandardsId": standards()[key].id()})
	}
	compliance := map[string]any{
		"Status": b.spec.Status, "SecurityControlId": b.spec.Control, "AssociatedStandards": associated,
	}
	if list := carried(b.spec.Parameters); len(list) > 0 {
		compliance["SecurityControlParameters"] = list
	}
	if requirements := b.requirements(); len(requirements) > 0 {
		compliance["RelatedRequirements"] = requirements
	}
	return compliance
}

// requirements can be derived for CIS, whose control ids are the requirements.
func (b builder) requirements() []string {
	switch {
	case len(b.spec.Requirements) > 0:
		return b.spec.Requirements
	case b.control == "" || b.standard.requirements == "":
		return nil
	case b.perStd:
		return []string{b.standard.requirements + b.control}
	}
	return []string{b.standard.versioned + b.control}
}
