package fault

import (
	"errors"
	"regexp"
	"strings"

	"github.com/aws/smithy-go"
)

// Denier returns which kind of policy denied the call, as far as AWS said so, ready to follow a colon:
// "an explicit deny in a service control policy", "no session policy allows s3:PutBucketPolicy".
// It is empty when err is no denial or AWS did not say.
func Denier(err error) string {
	answer := smithy.APIError(nil)
	if Of(err) != Denied && Of(err) != NotOnboarded || !errors.As(err, &answer) {
		return ""
	}
	message := answer.ErrorMessage()
	if at := last(explicitDeny(), message); at != nil {
		denier := "an explicit deny in " + article(policyKind(at[1]))
		if at[2] != "" {
			denier += " (" + at[2] + ")"
		}
		return denier
	}
	if at := last(implicitDeny(), message); at != nil {
		return "no " + policyKind(at[1]) + " allows " + at[2]
	}
	return ""
}

// The kinds of policy AWS names. A closed list, because the message also quotes names chosen by strangers.
const policyKinds = `(service control policy|resource control policy|permissions boundary|session policy|` +
	`identity-based policy|resource-based policy|VPC endpoint policy|role trust policy)`

func explicitDeny() *regexp.Regexp {
	return regexp.MustCompile(`explicit deny in an? ` + policyKinds + `(?:: (arn:[\w:/.+=@-]+))?`)
}

func implicitDeny() *regexp.Regexp {
	return regexp.MustCompile(`because no ` + policyKinds + ` allows the ([\w-]+:\w+) action`)
}

// last returns the last match: AWS gives the reason at the end, after the names.
func last(pattern *regexp.Regexp, message string) []string {
	all := pattern.FindAllStringSubmatch(message, -1)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// policyKind adds the abbreviation people know.
func policyKind(kind string) string {
	switch kind {
	case "service control policy":
		return kind + " (SCP)"
	case "resource control policy":
		return kind + " (RCP)"
	}
	return kind
}

func article(kind string) string {
	if strings.HasPrefix(kind, "identity") {
		return "an " + kind
	}
	return "a " + kind
}
