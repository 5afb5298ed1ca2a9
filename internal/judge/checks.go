// Package judge holds what Salve's fixes changed against somebody else's opinion: that of Prowler, which scans the lab
// before a fix, after it and after its undo. It decides what the answers mean; internal/generate/judge gets them.
package judge

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed checks.yaml
var checks []byte

//go:embed settled.yaml
var settled []byte

// Checks is what checks of Prowler say of controls.
type Checks struct {
	// Asks are the checks that ask what a control asks, by control; with what less one is content, empty for nothing.
	Asks map[string]map[string]string `yaml:"asks"`
	// Wrong are those that look as if they did, with the reason.
	Wrong map[string]map[string]string `yaml:"wrong"`
}

// Settled is what people have decided where a check and a fix differ, by AWS's definition of the control.
type Settled struct {
	// Differs has the reason why the judge's answer about a control counts for nothing, by control.
	Differs map[string]string `yaml:"differs"`
	// Unseen has the reason why checks that ask what a control asks say nothing in the lab, by control.
	Unseen map[string]string `yaml:"unseen"`
	// Worse has the cause of checks that fail once a fix is made and passed before, by check and control.
	Worse map[string]map[string]string `yaml:"worse"`
	// Made has the reason why what a fix makes may fail other checks, by control.
	Made map[string]string `yaml:"made"`
}

// ReadChecks returns the links that the judge believes.
func ReadChecks() (Checks, error) {
	var c Checks
	if err := yaml.UnmarshalWithOptions(checks, &c, yaml.Strict()); err != nil {
		return c, fmt.Errorf("read checks.yaml: %w", err)
	}
	for control, wrong := range c.Wrong {
		for check := range wrong {
			if _, both := c.Asks[control][check]; both {
				return c, fmt.Errorf("checks.yaml: %s asks for %s, and is wrong", check, control)
			}
		}
	}
	return c, nil
}

// ReadSettled returns what is decided.
func ReadSettled() (Settled, error) {
	var s Settled
	if err := yaml.UnmarshalWithOptions(settled, &s, yaml.Strict()); err != nil {
		return s, fmt.Errorf("read settled.yaml: %w", err)
	}
	return s, nil
}

// Services are Prowler's services in which a look at a control may find something: those in which it writes, by its
// actions, and those of the checks that ask for it.
func (c Checks) Services(control string, writes []string) []string {
	found := map[string]bool{}
	for check := range c.Asks[control] {
		service, _, _ := strings.Cut(check, "_")
		found[service] = true
	}
	for _, action := range writes {
		prefix, _, _ := strings.Cut(action, ":")
		for _, service := range servicesOf(prefix) {
			found[service] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// servicesOf are Prowler's services of a prefix of IAM's actions. It has none of some, which then no check is of.
func servicesOf(prefix string) []string {
	if names, ok := map[string][]string{
		"access-analyzer":         {"accessanalyzer"},
		"apigateway":              {"apigateway", "apigatewayv2"},
		"application-autoscaling": nil,
		"ec2":                     {"ec2", "vpc"},
		"elasticfilesystem":       {"efs"},
		"elasticloadbalancing":    {"elb", "elbv2"},
		"elasticmapreduce":        {"emr"},
		"es":                      {"opensearch"},
		"events":                  {"eventbridge"},
		"iam":                     {"iam"},
		"kinesisanalytics":        nil,
		"lambda":                  {"awslambda"},
		"logs":                    {"cloudwatch"},
		"macie2":                  {"macie"},
		"rds":                     {"rds", "documentdb", "neptune"},
		"states":                  {"stepfunctions"},
		"sts":                     nil,
		"tag":                     nil,
	}[prefix]; ok {
		return names
	}
	return []string{prefix}
}
