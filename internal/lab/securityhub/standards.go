package securityhub

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// standard is how the findings of a security standard look.
type standard struct {
	slug         string // in ARNs and generator ids
	typeSuffix   string // of the finding type when findings are per standard
	requirements string // prefix of related requirements that are equal to the standard's control ids, else empty
	versioned    string // the same in consolidated findings
	ownIDs       bool   // numbers its controls itself instead of using the ids of security controls
	ruleset      bool   // CIS 1.2.0: older names for everything
	consolidated bool   // findings look consolidated in both modes
}

// standards are all standards the lab can write findings for, by the keys that Salve uses.
func standards() map[string]standard {
	const cis = "cis-aws-foundations-benchmark/v/"
	const cisType, pciType = "/CIS AWS Foundations Benchmark", "/PCI-DSS"
	cisVersion := func(version string) standard {
		requirement := "CIS AWS Foundations Benchmark v" + version + "/"
		return standard{
			slug: cis + version, typeSuffix: cisType, ownIDs: true, requirements: requirement, versioned: requirement,
		}
	}
	return map[string]standard{
		"cis-1.2.0": {
			slug: cis + "1.2.0", typeSuffix: cisType, ownIDs: true, ruleset: true,
			requirements: "CIS AWS Foundations ", versioned: "CIS AWS Foundations Benchmark v1.2.0/",
		},
		"cis-1.4.0": cisVersion("1.4.0"),
		"cis-3.0.0": cisVersion("3.0.0"),
		"cis-5.0.0": cisVersion("5.0.0"),
		"pci-3.2.1": {slug: "pci-dss/v/3.2.1", typeSuffix: pciType, ownIDs: true},
		"pci-4.0.1": {slug: "pci-dss/v/4.0.1", typeSuffix: pciType},
		"fsbp-1.0.0": {
			slug:       "aws-foundational-security-best-practices/v/1.0.0",
			typeSuffix: "/AWS-Foundational-Security-Best-Practices",
		},
		"nist-800-53-r5":             {slug: "nist-800-53/v/5.0.0"},
		"aws-resource-tagging-1.0.0": {slug: "aws-resource-tagging-standard/v/1.0.0", consolidated: true},
	}
}

// Standards returns the keys of the standards that FindingSpec knows.
func Standards() []string {
	return slices.Sorted(maps.Keys(standards()))
}

// findStandard answers an unknown key with all known ones.
func findStandard(key string) (standard, error) {
	found, ok := standards()[key]
	if !ok {
		return standard{}, fmt.Errorf("unknown standard %q: use one of %s", key, strings.Join(Standards(), ", "))
	}
	return found, nil
}

// id is how Compliance.AssociatedStandards names the standard.
func (s standard) id() string {
	if s.ruleset {
		return "ruleset/" + s.slug
	}
	return "standards/" + s.slug
}

// generator is the GeneratorId of findings per standard.
func (s standard) generator(partition, control string) string {
	if s.ruleset {
		return fmt.Sprintf("arn:%s:securityhub:::ruleset/%s/rule/%s", partition, s.slug, control)
	}
	return s.slug + "/" + control
}

// productFields are the properties that only findings per standard have.
func (s standard) productFields(b builder, control, url string) map[string]any {
	own := fmt.Sprintf("arn:%s:securityhub:%s:%s:", b.partition, b.spec.Region, b.spec.Account)
	arn := fmt.Sprintf("arn:%s:securityhub:::%s", b.partition, s.id())
	fields := map[string]any{
		"StandardsControlArn": own + "control/" + s.slug + "/" + control,
		"RecommendationUrl":   url,
	}
	if s.ruleset {
		fields["StandardsGuideArn"] = arn
		fields["StandardsGuideSubscriptionArn"] = own + "subscription/" + s.slug
		fields["RuleId"] = control
		return fields
	}
	fields["StandardsArn"] = arn
	fields["StandardsSubscriptionArn"] = own + "subscription/" + s.slug
	fields["ControlId"] = control
	return fields
}
