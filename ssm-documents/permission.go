package ssmdocuments

import (
	"encoding/json"
	"fmt"
)

// Permission is a statement of the policy that a runbook's role needs.
type Permission struct {
	Effect    string   `yaml:"effect"`    // Allow where it is empty
	Actions   []string `yaml:"actions"`   // such as ec2:CreateImage
	Resources []string `yaml:"resources"` // with ${AWS::Partition} and ${AWS::AccountId} as CloudFormation takes them
	PassedTo  string   `yaml:"passedTo"`  // for iam:PassRole: the service that gets the role

	// Unseen says that AWS asks for it and the emulators do not: no test shows that it is needed.
	Unseen bool `yaml:"unseen"`
	// OnlyOnFailure says that it is for putting back what a run that fails has changed.
	OnlyOnFailure bool `yaml:"onlyOnFailure"`
}

// statement is a Permission as IAM reads it.
type statement struct {
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string]string `json:",omitempty"`
}

// Policy is the policy that grants permissions, as JSON with the placeholders that Fn::Sub fills.
func Policy(permissions []Permission) (string, error) {
	policy := struct {
		Version   string
		Statement []statement
	}{Version: "2012-10-17"}
	for _, p := range permissions {
		s := statement{Effect: p.Effect, Action: p.Actions, Resource: p.Resources}
		if s.Effect == "" {
			s.Effect = "Allow"
		}
		if p.PassedTo != "" {
			s.Condition = map[string]map[string]string{"StringEquals": {"iam:PassedToService": p.PassedTo}}
		}
		policy.Statement = append(policy.Statement, s)
	}
	text, err := json.Marshal(policy)
	if err != nil {
		return "", fmt.Errorf("encoding a policy: %w", err)
	}
	return string(text), nil
}

// Families returns what the role of each family needs: the permissions of all its runbooks.
func Families(documents []Document) map[string][]Permission {
	families := map[string][]Permission{}
	for _, d := range documents {
		families[d.Family] = append(families[d.Family], d.Permissions...)
	}
	return families
}
