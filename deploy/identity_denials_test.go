package deploy_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// changesAllowed are the changes of IAM that controls make. None gives anybody a right that they did not
// have: a key made active again needs its secret, and a password only ends.
func changesAllowed() []string {
	return []string{
		"iam:CreateServiceLinkedRole", // but for GuardDuty's own: NeverLinkOtherRoles
		"iam:DeleteAccountPasswordPolicy", "iam:DeleteLoginProfile", "iam:UpdateAccessKey", "iam:UpdateAccountPasswordPolicy",
	}
}

// TestIdentityChangesAreDenied asks the SDK for the operations of IAM, so that a new one is noticed.
func TestIdentityChangesAreDenied(t *testing.T) {
	all := fullMember(t).statements()
	client := reflect.TypeFor[*iam.Client]()
	changes := 0
	for i := range client.NumMethod() {
		name := client.Method(i).Name
		read := slices.ContainsFunc([]string{"Get", "List", "Generate", "Simulate", "Options"}, func(verb string) bool {
			return strings.HasPrefix(name, verb)
		})
		action := "iam:" + name
		if got := denied(t, all, "RemediationRole", action); !read && got == slices.Contains(changesAllowed(), action) {
			t.Errorf("%s is denied: %v; everything must be but %v", action, got, changesAllowed())
		}
		if !read {
			changes++
		}
	}
	if changes < 100 {
		t.Errorf("only %d operations found", changes)
	}
}
