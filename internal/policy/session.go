package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
)

// sessionLimit is what STS allows in an inline session policy.
const sessionLimit = 2048

// Global is the region of resources that have none.
const Global = "global"

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// Session returns the session policy of one run: the actions, in one account and Region, and where an action
// can be limited to a resource of a service that resourceARNs names, only on those. An ARN may end in /* or :*
// for what lies below a resource. Region may be "" or Global; then the Region is not limited.
//
// ARNs come from findings, so anything that would reach further than the resource is refused: another
// account or Region, other wildcards, policy variables. A policy above the limit of STS is an error too,
// never a wider policy.
func Session(actions, resourceARNs []string, account, region string) (string, error) {
	return SessionOf(control.SessionRequest{
		Actions: actions, Narrow: resourceARNs, Target: control.Target{Account: account, Region: region},
	})
}

// SessionOf is Session for what a run asks for, the roles that it gives away among it, those alone, to the services
// alone that it says; and the functions that it has called, those alone.
func SessionOf(r control.SessionRequest) (string, error) {
	account, region := r.Target.Account, r.Target.Region
	list, err := sorted(r.Actions)
	if err != nil {
		return "", err
	}
	if !accountID.MatchString(account) {
		return "", fmt.Errorf("account %q: want 12 digits", account)
	}
	if region == Global {
		region = ""
	}
	if region != "" && !names.IsRegion(region) {
		return "", fmt.Errorf("region %q: want a Region such as eu-west-1, or %s", region, Global)
	}
	narrow := map[string]Texts{}
	for _, arn := range slices.Compact(slices.Sorted(slices.Values(r.Narrow))) {
		of, err := check(arn, account, region)
		if err != nil {
			return "", err
		}
		narrow[of] = append(narrow[of], arn)
	}
	apart, err := apartStatements(r)
	if err != nil {
		return "", err
	}
	statements := append(sessionStatements(list, narrow, region), apart...)
	if len(statements) == 0 {
		return "", fmt.Errorf("a session that has functions called names none")
	}
	text, err := NewDocument(statements).JSON()
	if err != nil {
		return "", err
	}
	if len(text) > sessionLimit {
		return "", fmt.Errorf("session policy has %d characters, STS takes %d: declare fewer actions or ARNs",
			len(text), sessionLimit)
	}
	return text, nil
}

// sessionStatements puts actions with the same resources and conditions together, which is what keeps the
// policy short: one statement per narrowed service, and at most two for all the others.
func sessionStatements(actions []string, narrow map[string]Texts, region string) []Statement {
	var out []Statement
	index := map[string]int{}
	for _, a := range actions {
		if a == control.InvokeFunction {
			continue // of none but those that are named: see callStatements
		}
		resource, limit := Texts{Any}, region
		if arns := narrow[service(a)]; len(arns) > 0 && !wide(a) {
			resource = arns
		}
		if slices.Contains(globalServices(), service(a)) {
			limit = ""
		}
		condition := within(limit)
		if a == passRole {
			limit, condition, resource = a, toService(names.RunbookService), passable(resource)
		}
		key := strings.Join(resource, " ") + " " + limit
		if i, ok := index[key]; ok {
			out[i].Action = append(out[i].Action, a)
			continue
		}
		index[key] = len(out)
		out = append(out, Statement{Effect: "Allow", Action: Texts{a}, Resource: resource, Condition: condition})
	}
	return out
}

// passable leaves out of what a session may reach the principals that a run is about: it passes on the roles of
// runbooks alone. It knows their paths by how they end, wherever an account has its roles: what lies at another place
// with such an end is denied to the member's role.
func passable(arns Texts) Texts {
	roles := slices.DeleteFunc(slices.Clone(arns), func(arn string) bool {
		return arn != Any && (!strings.Contains(arn, ":role/") ||
			!strings.Contains(arn, names.RunbookRoles) && !strings.Contains(arn, names.UserRoles))
	})
	if len(roles) == 0 {
		return arns
	}
	return roles
}

func within(region string) map[string]map[string]string {
	if region == "" {
		return nil
	}
	return map[string]map[string]string{"StringEquals": {"aws:RequestedRegion": region}}
}

// globalServices have one endpoint for all Regions: for AWS their calls are in the Region of that endpoint,
// wherever the finding came from.
func globalServices() []string {
	return []string{
		"account", "cloudfront", "globalaccelerator", "health", "iam", "organizations", "route53", "route53domains",
		"shield", "support", "waf",
	}
}

// wide tells actions that AWS does not limit to a resource, so that an ARN would deny them. Listing is
// granted as a whole in most services; what remains open by that is reading names in the same account.
func wide(action string) bool {
	_, operation, _ := strings.Cut(action, ":")
	switch action {
	case "sns:GetTopicAttributes":
		return true // which topics a run looks at shows only once it has read the alarms
	case "iam:SimulatePrincipalPolicy":
		return true // of the role that a project is found to have
	case "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus":
		return true // of trails that show here and are at home in another Region, once they are listed
	case "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:GetLogDelivery", "logs:PutResourcePolicy",
		"logs:UpdateLogDelivery":
		return true // of a Region, for groups that a policy itself names
	case "sns:ListSubscriptionsByTopic":
		return false // of one topic, and with the addresses of people
	}
	if service(action) == "iam" && strings.Contains(operation, "Account") {
		return true // of the account itself
	}
	if service(action) == "s3" {
		return operation == "ListAllMyBuckets" || strings.HasSuffix(operation, "AccountPublicAccessBlock")
	}
	return strings.HasPrefix(operation, "Describe") || strings.HasPrefix(operation, "List") ||
		strings.HasSuffix(operation, "CredentialReport") // one for all users
}

// resourceARN takes printable ASCII for the resource, and wildcards only as its whole last part.
var resourceARN = regexp.MustCompile(
	`^arn:aws[a-z-]*:([a-z0-9-]+):([a-z0-9-]*):([0-9]*):[!-)+->@-~]{1,480}(?:[/:]\*)?$`)

// shared are documents, which another account may share: a mapping of the configuration names them.
var shared = regexp.MustCompile(
	`^arn:[a-z-]+:ssm:[a-z0-9-]+:[0-9]{12}:(document|automation-definition)/[A-Za-z0-9_.:*-]+$`)

// check returns the service of the ARN, or why a session must not be opened for it.
func check(text, account, region string) (string, error) {
	m := resourceARN.FindStringSubmatch(text)
	if m == nil || strings.Contains(text, "${") {
		return "", fmt.Errorf("resource %q: want an ARN, with a wildcard only as its last part", text)
	}
	if m[3] != "" && m[3] != account && !shared.MatchString(text) {
		return "", fmt.Errorf("resource %q: lies in account %s, the session in %s", text, m[3], account)
	}
	if m[2] != "" && region != "" && m[2] != region {
		return "", fmt.Errorf("resource %q: lies in Region %s, the session in %s", text, m[2], region)
	}
	return m[1], nil
}
