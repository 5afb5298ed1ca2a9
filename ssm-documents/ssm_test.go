package ssmdocuments

import (
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/lab"
)

// unmanaged makes an instance without a profile, and a profile; its agent is there or not.
func (w world) unmanaged(online bool) map[string][]string {
	w.Helper()
	id := w.instance("running")
	w.agent("agent", "/salve/instances/")
	w.patch.set(patchState{Online: online})
	return one("InstanceId", id, "InstanceProfileName", "agent")
}

// agent makes a profile, whose role has a path and may do what an agent needs.
func (w world) agent(name, path string) {
	w.Helper()
	w.do("iam", "create_role", m{
		"RoleName": name, "Path": path, "AssumeRolePolicyDocument": strings.ReplaceAll(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},
		"Action":"sts:AssumeRole"}]}`, "\n", ""),
	})
	w.do("iam", "create_instance_profile", m{"InstanceProfileName": name})
	w.do("iam", "add_role_to_instance_profile", m{"InstanceProfileName": name, "RoleName": name})
	w.do("iam", "attach_role_policy", m{
		"RoleName": name, "PolicyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
	})
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

// TestAProfileThatMayDoMore is not attached: whoever names it would give the instance its rights.
func TestAProfileThatMayDoMore(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w world)
		says   string
	}{
		"a policy of AWS's": {func(w world) {
			w.do("iam", "attach_role_policy", m{
				"RoleName": "agent", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
			})
		}, "may do more than an agent needs"},
		"a policy inside": {func(w world) {
			w.do("iam", "put_role_policy", m{"RoleName": "agent", "PolicyName": "p", "PolicyDocument": everything})
		}, "may do more than an agent needs"},
		"too little": {func(w world) {
			w.do("iam", "detach_role_policy", m{
				"RoleName": "agent", "PolicyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
			})
		}, "lacks AmazonSSMManagedInstanceCore"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			parameters := w.unmanaged(true)
			c.change(w)
			e := w.run(document(t, "Salve-ManageInstance"), parameters)
			if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), c.says) {
				t.Errorf("%s", steps(e))
			}
			if now := w.profile(parameters["InstanceId"][0]); now != "" {
				t.Errorf("its profile is %s", now)
			}
		})
	}
}

// TestAnInstanceWithAProfile keeps it. With the very profile it only waits for the agent.
func TestAnInstanceWithAProfile(t *testing.T) {
	for name, c := range map[string]struct {
		profile, ends, says string
		without             string // the right to ask whether the agent is there
	}{
		"another":                               {"other", "Failed", "the instance has a profile", ""},
		"the very one":                          {"agent", "Success", "ProveProfile Success", ""},
		"the very one, and the agent is silent": {"agent", "Failed", "Detach Success", "ssm:DescribeInstanceInformation"},
	} {
		t.Run(name, func(t *testing.T) {
			w, d := newWorld(t), document(t, "Salve-ManageInstance")
			parameters := w.unmanaged(true)
			if c.profile != "agent" {
				w.agent(c.profile, "/")
			}
			id := parameters["InstanceId"][0]
			w.do("ec2", "associate_iam_instance_profile", m{"InstanceId": id, "IamInstanceProfile": m{"Name": c.profile}})
			e := w.until(w.start(d, without(d.Permissions, c.without), parameters), ended)
			if text(e, "AutomationExecutionStatus") != c.ends || !strings.Contains(steps(e), c.says) {
				t.Errorf("%s", steps(e))
			}
			if now := w.profile(id); !strings.HasSuffix(now, "/"+c.profile) {
				t.Errorf("its profile is %q", now)
			}
		})
	}
}

// TestAProfileThatWasAttachedUnheard is one that the run attached: it goes on with it.
func TestAProfileThatWasAttachedUnheard(t *testing.T) {
	w := newWorld(t)
	parameters := w.unmanaged(true)
	w.fault(lab.Fault{Service: "ec2", Operation: "AssociateIamInstanceProfile", Error: lab.FaultDrop})
	e := w.run(document(t, "Salve-ManageInstance"), parameters)
	if text(e, "AutomationExecutionStatus") != "Success" {
		t.Errorf("%s", steps(e))
	}
	if now := w.profile(parameters["InstanceId"][0]); !strings.HasSuffix(now, "/agent") {
		t.Errorf("its profile is %q", now)
	}
}

// TestAProfileOfAnotherPath is not Salve's to give.
func TestAProfileOfAnotherPath(t *testing.T) {
	w := newWorld(t)
	parameters := w.unmanaged(true)
	w.agent("other", "/")
	parameters["InstanceProfileName"] = []string{"other"}
	e := w.run(document(t, "Salve-ManageInstance"), parameters)
	if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), "not under /salve/instances/") {
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
