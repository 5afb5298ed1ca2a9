package securityhub

import (
	"fmt"
	"regexp"
)

// product is a parsed product ARN. The default product of an account carries that account.
type product struct {
	partition, region, account, company, name string
}

// parseProduct splits a product ARN and refuses default products that name two accounts.
func parseProduct(arn string) (product, error) {
	pattern := regexp.MustCompile(
		`^arn:(aws[a-z-]*):securityhub:([a-z0-9-]+):(\d{12})?:product/([A-Za-z0-9_-]+)/([A-Za-z0-9_-]+)$`)
	parts := pattern.FindStringSubmatch(arn)
	if parts == nil {
		return product{}, fmt.Errorf("ProductArn %q is not the ARN of a product", arn)
	}
	parsed := product{parts[1], parts[2], parts[3], parts[4], parts[5]}
	own := parsed.account == parsed.company && parsed.name == "default"
	if parsed.account != "" && !own {
		return product{}, fmt.Errorf("ProductArn %q must end in product/%s/default", arn, parsed.account)
	}
	return parsed, nil
}

// productARN is Security Hub's own product in a Region.
func productARN(region string) string {
	return fmt.Sprintf("arn:%s:securityhub:%s::product/aws/securityhub", partition(region), region)
}

// isControlFinding says whether Security Hub itself made a finding. Some of its rules hold for those only.
func isControlFinding(finding document) bool {
	parsed, err := parseProduct(finding.text("ProductArn"))
	return err == nil && parsed.company == "aws" && parsed.name == "securityhub"
}

// names are the product and the company that Security Hub shows for a finding.
func (p product) names() (name, company string) {
	known := map[string][2]string{
		"securityhub":     {"Security Hub CSPM", "AWS"},
		"guardduty":       {"GuardDuty", "Amazon"},
		"inspector":       {"Inspector", "Amazon"},
		"macie":           {"Macie", "Amazon"},
		"config":          {"Config", "AWS"},
		"health":          {"Health", "AWS"},
		"access-analyzer": {"IAM Access Analyzer", "AWS"},
	}
	if p.account != "" {
		return "Default", "Personal"
	}
	if found, ok := known[p.name]; ok {
		return found[0], found[1]
	}
	return p.name, p.company
}
