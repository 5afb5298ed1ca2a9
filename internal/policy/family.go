package policy

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/names"
)

// Family are runbooks that run as one role.
type Family struct {
	Name   string
	Grants []Grant
}

// Grant is what a runbook needs of its role.
type Grant struct {
	Effect             string // Allow where it is empty
	Actions, Resources []string
	PassedTo           string // for iam:PassRole: the service that gets the role
	// Conditions are those of the statement, by operator and key, such as StringLike, kms:ViaService.
	Conditions map[string]map[string]string
}

// The roles of runbooks lie between these lines of the template.
const (
	beginFamilies = "  # BEGIN GENERATED roles of runbooks\n"
	endFamilies   = "  # END GENERATED roles of runbooks\n"
)

// familyRoles are the roles of families as resources of a template, apart from each other by a blank line.
func familyRoles(families []Family) string {
	roles := make([]string, len(families))
	for i, f := range families {
		roles[i] = f.role()
	}
	return strings.Join(roles, "\n")
}

// logicalID is what the template calls the role.
func (f Family) logicalID() string { return camel(f.Name) }

// role trusts SSM Automation, for executions of its own account alone.
// Source: Systems Manager user guide, "Creating the service role for Automation".
func (f Family) role() string {
	id := f.logicalID()
	var b strings.Builder
	fmt.Fprintf(&b, `  Runbooks%s:
    Type: AWS::IAM::Role
    Properties:
      Path: !Sub "${RolePath}%s"
      RoleName: !Sub "${NamePrefix}%s"
      PermissionsBoundary: !If [HasBoundary, !Ref PermissionsBoundaryArn, !Ref AWS::NoValue]
      Description: What Salve's runbooks of the family %s run as
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: RunbooksEnter%s
            Effect: Allow
            Principal: {Service: %s}
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                aws:SourceAccount: !Ref AWS::AccountId
              ArnLike:
                aws:SourceArn: !Sub arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:automation-execution/*
      Policies:
        - PolicyName: runbooks
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
`, id, strings.TrimPrefix(names.RunbookRoles, "/"), names.RunbookRolePrefix+f.Name, f.Name, id, names.RunbookService)
	for i, g := range f.merged() {
		g.write(&b, fmt.Sprintf("Runbooks%s%d", id, i+1))
	}
	for _, d := range f.denials(id) {
		d.write(&b)
	}
	return b.String()
}

// merged are the grants without those that say the same: the runbooks of a family often need the same.
func (f Family) merged() []Grant {
	var out []Grant
	for _, g := range f.Grants {
		g.Effect = cmp.Or(g.Effect, "Allow")
		same := func(o Grant) bool {
			return o.Effect == g.Effect && o.PassedTo == g.PassedTo && slices.Equal(o.Actions, g.Actions) &&
				slices.Equal(o.Resources, g.Resources) && reflect.DeepEqual(o.Conditions, g.Conditions)
		}
		if !slices.ContainsFunc(out, same) {
			out = append(out, g)
		}
	}
	return out
}

// Statement is the grant in a policy, with the placeholders that Fn::Sub fills.
func (g Grant) Statement() Statement {
	s := Statement{Effect: cmp.Or(g.Effect, "Allow"), Action: g.Actions, Resource: g.Resources}
	asks := func(operator, key, value string) {
		if s.Condition == nil {
			s.Condition = map[string]map[string]string{}
		}
		if s.Condition[operator] == nil {
			s.Condition[operator] = map[string]string{}
		}
		s.Condition[operator][key] = value
	}
	for operator, keys := range g.Conditions {
		for key, value := range keys {
			asks(operator, key, value)
		}
	}
	switch {
	case g.PassedTo != "":
		asks("StringEquals", passedTo, inPartition(g.PassedTo))
	case !slices.ContainsFunc(g.Actions, func(action string) bool { return !strings.HasPrefix(action, "s3:") }):
		// The ARN of a bucket has no account: a bucket of somebody else may let the role in.
		asks("StringEqualsIfExists", "aws:ResourceAccount", AccountID)
	}
	return s
}

// write renders the grant as an element of a role's policy.
func (g Grant) write(b *strings.Builder, sid string) {
	const indent = "              "
	s := g.Statement()
	fmt.Fprintf(b, "%s- Sid: %s\n%s  Effect: %s\n", indent, sid, indent, s.Effect)
	list(b, indent+"  Action:", s.Action)
	resources := make([]string, len(s.Resource))
	for i, r := range s.Resource { // as its runbook says it, without the path of the template
		resources[i] = strings.Replace(r, ":role/salve/", ":role${RolePath}salve/", 1)
	}
	list(b, indent+"  Resource:", resources)
	if len(s.Condition) > 0 {
		b.WriteString(indent + "  Condition:\n")
	}
	for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
		b.WriteString(indent + "    " + operator + ":\n")
		for _, key := range slices.Sorted(maps.Keys(s.Condition[operator])) {
			list(b, indent+"      "+key+":", []string{s.Condition[operator][key]})
		}
	}
}
