package ssmdocuments

import (
	"strings"

	"github.com/salve-security/salve/internal/policy"
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

// Policy is the policy that grants permissions, with the placeholders that Fn::Sub fills.
func Policy(permissions []Permission) policy.Document {
	statements := make([]policy.Statement, 0, len(permissions))
	for _, p := range permissions {
		s := policy.Statement{Effect: p.Effect, Action: p.Actions, Resource: p.Resources}
		if s.Effect == "" {
			s.Effect = "Allow"
		}
		if p.PassedTo != "" {
			s.Condition = map[string]map[string]string{"StringEquals": {"iam:PassedToService": p.PassedTo}}
		} else if ofBuckets(p.Actions) {
			// The ARN of a bucket has no account: a bucket of somebody else may let the role in.
			s.Condition = map[string]map[string]string{"StringEqualsIfExists": {"aws:ResourceAccount": policy.AccountID}}
		}
		statements = append(statements, s)
	}
	return policy.NewDocument(statements)
}

func ofBuckets(actions []string) bool {
	for _, action := range actions {
		if !strings.HasPrefix(action, "s3:") {
			return false
		}
	}
	return true
}

// Families returns what the role of each family needs: the permissions of all its runbooks.
func Families(documents []Document) map[string][]Permission {
	families := map[string][]Permission{}
	for _, d := range documents {
		families[d.Family] = append(families[d.Family], d.Permissions...)
	}
	return families
}
