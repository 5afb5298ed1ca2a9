package deploy_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/enable/resource"
	"github.com/salve-security/salve/internal/names"
)

// ofManagement is the stack of the management account; what is not changed is on, with everything that can be.
func ofManagement(t *testing.T, changes map[string]string) stack {
	t.Helper()
	parameters := map[string]string{
		"AWS::AccountId": "999999999999", "CodeBucket": "artifacts", "CodeKey": "enabler.zip",
		"Administrator": "111111111111", "SecurityHub": "Local", "OnDelete": "Withdraw",
		"KmsKeyArn": "arn:aws:kms:eu-central-1:999999999999:key/k1",
	}
	maps.Copy(parameters, changes)
	return newStack(t, deploy.Organization(), parameters)
}

// TestOrganizationShape: small enough to come without a detour, explained, and with nothing else in it.
func TestOrganizationShape(t *testing.T) {
	const inlineLimit = 51_200 // bytes of a template that stands in a request
	text := deploy.Organization()
	if len(text) > inlineLimit {
		t.Errorf("%d bytes, CloudFormation takes %d", len(text), inlineLimit)
	}
	for _, word := range []string{"TO" + "DO", "FIX" + "ME", "Transform:", "arn:aws:", "cn-north", "us-gov"} {
		if strings.Contains(text, word) {
			t.Errorf("contains %q", word)
		}
	}
	declared := object(t, parse(t, text), "Parameters")
	if len(declared) > 200 {
		t.Errorf("%d parameters, CloudFormation takes 200", len(declared))
	}
	var grouped []string
	for _, group := range at(t, parse(t, text), "Metadata", "AWS::CloudFormation::Interface", "ParameterGroups").([]any) {
		grouped = append(grouped, texts(t, object(t, group)["Parameters"])...)
	}
	slices.Sort(grouped)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(declared)), grouped); diff != "" {
		t.Errorf("parameters in groups: %s", diff)
	}
	for name, p := range declared {
		if object(t, p)["Description"] == nil || len(name) > 255 {
			t.Errorf("%s is not explained", name)
		}
	}
	var kinds []string
	for _, r := range ofManagement(t, nil).resources() {
		kinds = append(kinds, at(t, r, "Type").(string))
	}
	slices.Sort(kinds)
	want := []string{"AWS::IAM::Role", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Function", "AWS::Logs::LogGroup", resource.Type}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
}

// TestOrganizationFunction: names and times that the program relies on.
func TestOrganizationFunction(t *testing.T) {
	s := ofManagement(t, nil)
	f, role, log := s.properties("Enabler"), s.properties("EnablerRole"), s.properties("EnablerLog")
	if f["FunctionName"] != names.Enabler || role["RoleName"] != names.Enabler || log["LogGroupName"] != names.EnablerLog {
		t.Errorf("names: %v, %v, %v", f["FunctionName"], role["RoleName"], log["LogGroupName"])
	}
	want := map[string]any{
		names.EnvAccount: "999999999999", names.EnvPartition: "aws", names.EnvAdminsRole: "OrganizationAccountAccessRole",
	}
	if diff := cmp.Diff(want, object(t, f, "Environment", "Variables")); diff != "" {
		t.Error(diff)
	}
	if f["Timeout"] != 900.0 || f["ReservedConcurrentExecutions"] != 1.0 || f["Runtime"] != "provided.al2023" ||
		log["RetentionInDays"] != "365" || log["KmsKeyId"] == nil || at(t, f, "LoggingConfig", "LogGroup") != "<EnablerLog>" {
		t.Errorf("%v, %v", f, log)
	}
	plain := ofManagement(t, map[string]string{"ReserveConcurrency": "false", "Architecture": "x86_64", "KmsKeyArn": ""})
	f, log = plain.properties("Enabler"), plain.properties("EnablerLog")
	if f["ReservedConcurrentExecutions"] != nil || f["Architectures"].([]any)[0] != "x86_64" || log["KmsKeyId"] != nil {
		t.Errorf("%v, %v", f, log)
	}
}

// TestOrganizationTimes: a request waits at most as long as the one before it lives, then lives as long itself, and only
// then does CloudFormation stop waiting: long before the hour that it would wait by itself. Nothing is tried twice.
func TestOrganizationTimes(t *testing.T) {
	s := ofManagement(t, nil)
	timeout := s.properties("Enabler")["Timeout"].(float64)
	requests := s.properties("Requests")
	waits := requests["MaximumEventAgeInSeconds"].(float64)
	service := s.properties("Organization")["ServiceTimeout"].(float64)
	if waits < timeout || service < waits+timeout || service >= 3600 || resource.Margin.Seconds() >= timeout/2 {
		t.Errorf("function %v, waits %v, service %v", timeout, waits, service)
	}
	if requests["MaximumRetryAttempts"] != 0.0 || at(t, s.resources(), "Organization", "DependsOn") != "Requests" {
		t.Errorf("%v", requests)
	}
}

// TestOrganizationProperties: the resource says what the parameters say, and nothing of a service that is off.
func TestOrganizationProperties(t *testing.T) {
	always := map[string]any{
		"ServiceToken": "<Enabler.Arn>", "ServiceTimeout": 1860.0, "Administrator": "111111111111", "Revision": "1", "Strict": "true",
	}
	tests := map[string]struct{ parameters, want map[string]any }{
		"defaults": {map[string]any{"SecurityHub": "Central", "OnDelete": "Keep"}, map[string]any{
			"Home": "eu-central-1", "Regions": []any{""}, "OnDelete": "Keep", "Services": map[string]any{
				"SecurityHub": map[string]any{"Configuration": "central", "Standards": []any{"fsbp-1.0.0"}},
				"GuardDuty":   map[string]any{"Plans": []any{""}}, "Inspector": map[string]any{"Scans": []any{"ec2", "ecr", "lambda"}},
			},
		}},
		"some": {map[string]any{
			"Home": "eu-west-1", "Regions": "eu-west-1,us-east-1", "GuardDuty": "Off", "Inspector": "Off", "Standards": "cis-3.0.0,fsbp-1.0.0",
		}, map[string]any{
			"Home": "eu-west-1", "Regions": []any{"eu-west-1", "us-east-1"}, "OnDelete": "Withdraw", "Services": map[string]any{
				"SecurityHub": map[string]any{"Configuration": "local", "Standards": []any{"cis-3.0.0", "fsbp-1.0.0"}},
			},
		}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			changes := map[string]string{}
			for key, value := range tc.parameters {
				changes[key] = fmt.Sprint(value)
			}
			want := maps.Clone(always)
			maps.Copy(want, tc.want)
			if diff := cmp.Diff(want, ofManagement(t, changes).properties("Organization")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestOrganizationRules: nothing chosen, and the management account as administrator, are refused before anything is made.
func TestOrganizationRules(t *testing.T) {
	for name, tc := range map[string]struct {
		rule    string
		changes map[string]string
		holds   bool
	}{
		"something":         {"SomethingIsChosen", map[string]string{"SecurityHub": "Off", "GuardDuty": "Off"}, true},
		"nothing":           {"SomethingIsChosen", map[string]string{"SecurityHub": "Off", "GuardDuty": "Off", "Inspector": "Off"}, false},
		"another account":   {"AnotherAccountAdministers", nil, true},
		"the account's own": {"AnotherAccountAdministers", map[string]string{"Administrator": "999999999999"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := ofManagement(t, tc.changes)
			for _, a := range at(t, s.tree, "Rules", tc.rule, "Assertions").([]any) {
				if got := s.truth(object(t, a)["Assert"]); got != tc.holds {
					t.Errorf("it holds: %v", got)
				}
			}
		})
	}
}

// TestOrganizationPatterns: what people fill in, right and wrong.
func TestOrganizationPatterns(t *testing.T) {
	for parameter, tries := range map[string]map[string]bool{
		"Administrator": {"111111111111": true, "11111111111": false, "": false},
		"EntryRole":     {"OrganizationAccountAccessRole": true, "path/role": false, "": false},
		"Home":          {"": true, "us-gov-east-1": true, "cn-north-1": true, "ap-southeast-5": true, "everywhere": false},
		"KmsKeyArn":     {"": true, "arn:aws-us-gov:kms:us-gov-east-1:999999999999:key/k": true, "alias/k": false},
	} {
		pattern := regexp.MustCompile(at(t, parse(t, deploy.Organization()), "Parameters", parameter, "AllowedPattern").(string))
		for try, want := range tries {
			if pattern.MatchString(try) != want {
				t.Errorf("%s %q: %v", parameter, try, !want)
			}
		}
	}
}

// TestOrganizationPartitions: no ARN is of another partition than the stack.
func TestOrganizationPartitions(t *testing.T) {
	for partition, region := range map[string]string{"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"} {
		s := ofManagement(t, map[string]string{
			"AWS::Partition": partition, "AWS::Region": region, "KmsKeyArn": "arn:" + partition + ":kms:" + region + ":999999999999:key/k1",
		})
		seen := 0
		for _, arn := range regexp.MustCompile(`arn:[a-z-]*:`).FindAllString(fmt.Sprint(s.resources()), -1) {
			if seen++; arn != "arn:"+partition+":" {
				t.Errorf("%s in %s", arn, partition)
			}
		}
		inline, _ := measured(t, s)
		if seen < 5 || inline["EnablerRole"] < 1000 || inline["EnablerRole"] > inlineLimits {
			t.Errorf("%d ARNs, %v characters", seen, inline)
		}
	}
}
