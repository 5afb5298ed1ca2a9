package ssmdocuments

import "github.com/salve-security/salve/internal/policy"

// Permission is a statement of the policy that a runbook's role needs.
type Permission struct {
	Effect    string   `yaml:"effect"`    // Allow where it is empty
	Actions   []string `yaml:"actions"`   // such as ec2:CreateImage
	Resources []string `yaml:"resources"` // with ${AWS::Partition} and ${AWS::AccountId} as CloudFormation takes them
	PassedTo  string   `yaml:"passedTo"`  // for iam:PassRole: the service that gets the role
	// Conditions are more that the statement asks for, by operator and key, such as StringLike, kms:ViaService.
	Conditions map[string]map[string]string `yaml:"conditions"`

	// Unseen says that AWS asks for it and the emulators do not: no test shows that it is needed.
	Unseen bool `yaml:"unseen"`
	// OnlyOnFailure says that it is for putting back what a run that fails has changed.
	OnlyOnFailure bool `yaml:"onlyOnFailure"`
}

// Grant is the permission as a role's policy has it.
func (p Permission) Grant() policy.Grant {
	return policy.Grant{
		Effect: p.Effect, Actions: p.Actions, Resources: p.Resources, PassedTo: p.PassedTo, Conditions: p.Conditions,
	}
}

// Policy is the policy that grants permissions, with the placeholders that Fn::Sub fills.
func Policy(permissions []Permission) policy.Document {
	statements := make([]policy.Statement, len(permissions))
	for i, p := range permissions {
		statements[i] = p.Grant().Statement()
	}
	return policy.NewDocument(statements)
}

// Families returns what the role of each family needs: the permissions of all its runbooks.
func Families(documents []Document) map[string][]Permission {
	families := map[string][]Permission{}
	for _, d := range documents {
		families[d.Family] = append(families[d.Family], d.Permissions...)
	}
	return families
}

// DecidesRights tells that the rights of a family let it decide who may do what. Where they cannot be read, it may.
func DecidesRights(family string) bool {
	all, err := Documents()
	if err != nil {
		return true
	}
	f := policy.Family{Name: family}
	for _, p := range Families(all)[family] {
		f.Grants = append(f.Grants, p.Grant())
	}
	return f.ChangesIdentities()
}
