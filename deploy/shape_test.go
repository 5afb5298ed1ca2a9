package deploy_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/deploy"
)

// What CloudFormation takes of a template, in bytes: in the request itself, and by the URL of an object in a bucket,
// which its quota page calls 1 MB. Those of hub and member are larger than what a request may carry.
// Source: CloudFormation user guide, "CloudFormation quotas".
const (
	inlineLimit = 51_200
	urlLimit    = 1_000_000
)

// aRole is what the member's parameter looks like.
const aRole = "arn:aws:iam::999999999999:role/salve-orchestrator"

func TestTemplatesShape(t *testing.T) {
	for name, text := range map[string]string{"hub": deploy.Hub(), "member": deploy.Member()} {
		t.Run(name, func(t *testing.T) {
			if len(text) > urlLimit {
				t.Errorf("%d bytes, CloudFormation takes %d", len(text), urlLimit)
			}
			for _, word := range []string{"TO" + "DO", "FIX" + "ME", "Transform:", "arn:aws:", "AWS::CloudFormation::Stack\n"} {
				if strings.Contains(text, word) {
					t.Errorf("contains %q", word)
				}
			}
			for resource, r := range newStack(t, text, map[string]string{"OrchestratorRoleArn": aRole}).resources() {
				kind := at(t, r, "Type").(string)
				if kind == "AWS::IAM::RolePolicy" || kind == "AWS::IAM::Policy" {
					t.Errorf("%s: policies of a role stand in the role, not in a %s", resource, kind)
				}
				if name == "member" && !strings.HasPrefix(kind, "AWS::IAM::") {
					t.Errorf("%s: %s is not a global resource", resource, kind)
				}
			}
		})
	}
}

// TestParametersExplained: what people fill in says what it is for.
func TestParametersExplained(t *testing.T) {
	for name, text := range map[string]string{"hub": deploy.Hub(), "member": deploy.Member()} {
		for parameter, declared := range object(t, parse(t, text), "Parameters") {
			if m := object(t, declared); m["Description"] == nil {
				t.Errorf("%s: %s has no description", name, parameter)
			}
			if secret := object(t, declared)["NoEcho"]; parameter == "ExternalId" && secret != true {
				t.Errorf("%s: ExternalId would be shown", name)
			}
		}
	}
}
