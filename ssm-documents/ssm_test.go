package ssmdocuments

import (
	"slices"
	"strings"
	"testing"
)

// unmanaged makes an instance without a profile, and a profile; its agent is there or not.
func (w world) unmanaged(online bool) map[string][]string {
	w.Helper()
	id := w.instance("running")
	w.do("iam", "create_role", m{"RoleName": "agent", "AssumeRolePolicyDocument": strings.ReplaceAll(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},
		"Action":"sts:AssumeRole"}]}`, "\n", "")})
	w.do("iam", "create_instance_profile", m{"InstanceProfileName": "agent"})
	w.do("iam", "add_role_to_instance_profile", m{"InstanceProfileName": "agent", "RoleName": "agent"})
	w.patch.set(patchState{Online: online})
	return one("InstanceId", id, "InstanceProfileName", "agent")
}

// profile is the ARN of an instance's profile.
func (w world) profile(id string) string {
	w.Helper()
	told := w.do("ec2", "describe_iam_instance_profile_associations", m{"Filters": []any{
		m{"Name": "instance-id", "Values": []any{id}},
	}})
	for i := range count(told, "IamInstanceProfileAssociations") {
		association := at(told, "IamInstanceProfileAssociations").([]any)[i]
		if text(association, "State") == "associated" {
			return text(association, "IamInstanceProfile.Arn")
		}
	}
	return ""
}

// unpatched makes a managed instance of a patch group that misses patches.
func (w world) unpatched(group string, state patchState) map[string][]string {
	w.Helper()
	id := w.instance("running")
	if group != "" {
		w.do("ec2", "create_tags", m{"Resources": []any{id}, "Tags": []any{m{"Key": "Patch Group", "Value": group}}})
	}
	state.Online, state.Missing = true, 3
	state.Baselines = map[string]any{
		"web": "pb-0web", "": "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-0default",
	}
	w.patch.set(state)
	return one("InstanceId", id)
}

func managingScenes() []scene {
	out := []scene{{
		document: "Salve-ManageInstance", name: "without a profile",
		make: func(w world) map[string][]string { return w.unmanaged(true) },
		left: func(w world, p map[string][]string) string {
			if now := w.profile(p["InstanceId"][0]); !strings.HasSuffix(now, ":instance-profile/agent") {
				return "its profile is " + now + "."
			}
			return ""
		},
	}}
	for group, applied := range map[string]string{
		"web": "pb-0web", "": "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-0default",
	} {
		out = append(out, scene{
			document: "Salve-PatchInstance", name: "group " + group,
			make: func(w world) map[string][]string { return w.unpatched(group, patchState{Applied: applied}) },
			left: func(w world, _ map[string][]string) string {
				want := []string{"AWS-RunPatchBaseline Install", "AWS-RunPatchBaseline Scan"}
				if sent := w.patch.sent(); !slices.Equal(sent, want) {
					return "what ran is " + strings.Join(sent, ", ") + "."
				}
				return ""
			},
		})
	}
	return out
}

// TestAnAgentThatNeverRegisters: the profile is taken away again.
func TestAnAgentThatNeverRegisters(t *testing.T) {
	w := newWorld(t)
	d := document(t, "Salve-ManageInstance")
	parameters := w.unmanaged(false)
	// Without the right to ask, every attempt ends at once instead of after ten minutes.
	e := w.until(w.start(d, without(d.Permissions, "ssm:DescribeInstanceInformation"), parameters), ended)
	if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), "Detach Success") {
		t.Errorf("%s", steps(e))
	}
	if now := w.profile(parameters["InstanceId"][0]); now != "" {
		t.Errorf("its profile is %s", now)
	}
}

// TestAnInstanceWithAProfile keeps it.
func TestAnInstanceWithAProfile(t *testing.T) {
	w := newWorld(t)
	parameters := w.unmanaged(true)
	w.do("ec2", "associate_iam_instance_profile", m{"InstanceId": parameters["InstanceId"][0],
		"IamInstanceProfile": m{"Name": "agent"}})
	e := w.run(document(t, "Salve-ManageInstance"), parameters)
	if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), "the instance has a profile") {
		t.Errorf("%s", steps(e))
	}
}

// TestPatchesThatAreNotIn: the runbook does not say that they are.
func TestPatchesThatAreNotIn(t *testing.T) {
	for name, c := range map[string]struct {
		state patchState
		says  string
		sent  int
	}{
		"the installation fails":  {patchState{Ends: "Failed", Applied: "pb-0web"}, "the installation ended as Failed", 1},
		"the scan misses some":    {patchState{Left: 1, Applied: "pb-0web"}, "'MissingCount': 1", 2},
		"by a different baseline": {patchState{Applied: "pb-0other"}, "the scan was by pb-0other, not by pb-0web", 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			e := w.run(document(t, "Salve-PatchInstance"), w.unpatched("web", c.state))
			if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), c.says) {
				t.Errorf("%s", steps(e))
			}
			if sent := w.patch.sent(); len(sent) != c.sent {
				t.Errorf("sent: %q", sent)
			}
		})
	}
}

// TestAnInstanceThatIsNotManaged is sent nothing.
func TestAnInstanceThatIsNotManaged(t *testing.T) {
	w := newWorld(t)
	e := w.run(document(t, "Salve-PatchInstance"), one("InstanceId", w.instance("running")))
	if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), "not managed") ||
		len(w.patch.sent()) != 0 {
		t.Errorf("%s", steps(e))
	}
}
