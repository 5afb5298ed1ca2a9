package ssmdocuments

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/lab"
)

// instance runs an instance with two network interfaces in its VPC's default group and one of its own.
func (w world) instance(state string) string {
	w.Helper()
	subnets := w.do("ec2", "describe_subnets", m{})
	subnet, vpc := text(subnets, "Subnets.0.SubnetId"), text(subnets, "Subnets.0.VpcId")
	group := w.do("ec2", "create_security_group", m{"GroupName": "app", "Description": "app", "VpcId": vpc})
	run := w.do("ec2", "run_instances", m{
		"ImageId": text(w.do("ec2", "register_image", m{
			"Name": "base", "RootDeviceName": "/dev/sda1",
			"BlockDeviceMappings": []any{m{"DeviceName": "/dev/sda1", "Ebs": m{"VolumeSize": 8}}},
		}), "ImageId"),
		"MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro",
		// moto counts what is said outside of interfaces to every interface for good.
		"NetworkInterfaces": []any{m{"DeviceIndex": 0, "SubnetId": subnet, "Groups": []any{text(group, "GroupId")}}},
	})
	id := text(run, "Instances.0.InstanceId")
	face := w.do("ec2", "create_network_interface", m{"SubnetId": subnet, "Groups": []any{text(group, "GroupId")}})
	w.do("ec2", "attach_network_interface", m{
		"InstanceId": id, "DeviceIndex": 1, "NetworkInterfaceId": text(face, "NetworkInterface.NetworkInterfaceId"),
	})
	if state == "stopped" {
		w.do("ec2", "stop_instances", m{"InstanceIds": []any{id}})
	}
	return id
}

// faces are the network interfaces of an instance with their groups and the tag on them, by their ids.
func (w world) faces(id string) map[string]string {
	w.Helper()
	out := map[string]string{}
	listed := w.do("ec2", "describe_network_interfaces", m{"Filters": []any{
		m{"Name": "attachment.instance-id", "Values": []any{id}},
	}})
	for _, face := range at(listed, "NetworkInterfaces").([]any) {
		var said []string
		for _, group := range at(face, "Groups").([]any) {
			said = append(said, text(group, "GroupId"))
		}
		for i := range count(face, "TagSet") {
			said = append(said, text(face, fmt.Sprintf("TagSet.%d.Value", i)))
		}
		out[text(face, "NetworkInterfaceId")] = strings.Join(said, " ")
	}
	return out
}

func (w world) state(id string) string {
	w.Helper()
	return text(w.do("ec2", "describe_instances", m{"InstanceIds": []any{id}}), "Reservations.0.Instances.0.State.Name")
}

// isolated tells what lets something through to an instance; empty for one that is cut off.
func (w world) isolated(id string) string {
	for face, said := range w.faces(id) {
		group := w.do("ec2", "describe_security_groups", m{"GroupIds": []any{strings.Fields(said)[0]}})
		if count(group, "SecurityGroups.0.IpPermissionsEgress") > 0 || len(strings.Fields(said)) != 2 {
			return face + " has " + said
		}
	}
	snapshots := w.do("ec2", "describe_snapshots", m{"Filters": []any{
		m{"Name": "tag:salve:isolated-instance", "Values": []any{id}},
	}})
	if count(snapshots, "Snapshots") != 1 {
		return fmt.Sprintf("it has %d snapshots", count(snapshots, "Snapshots"))
	}
	return ""
}

// cutOff makes an instance as Salve-IsolateInstance leaves it, without a runbook.
func (w world) cutOff() map[string][]string {
	w.Helper()
	id := w.instance("running")
	vpc := text(w.do("ec2", "describe_subnets", m{}), "Subnets.0.VpcId")
	group := text(w.do("ec2", "create_security_group", m{"GroupName": "x", "Description": "x", "VpcId": vpc}), "GroupId")
	for face, before := range w.faces(id) {
		w.do("ec2", "create_tags", m{"Resources": []any{face}, "Tags": []any{
			m{"Key": "salve:groups-before", "Value": strings.TrimPrefix(before, "sg-")},
		}})
		w.do("ec2", "modify_network_interface_attribute", m{"NetworkInterfaceId": face, "Groups": []any{group}})
	}
	return one("InstanceId", id, "GroupId", group)
}

func instanceScenes() []scene {
	return []scene{{
		document: "Salve-IsolateInstance", name: "with two interfaces",
		make: func(w world) map[string][]string { return one("InstanceId", w.instance("running")) },
		left: func(w world, p map[string][]string) string { return w.isolated(p["InstanceId"][0]) },
	}, {
		document: "Salve-ReleaseInstance", name: "with two interfaces",
		make: world.cutOff,
		left: func(w world, p map[string][]string) string {
			for face, said := range w.faces(p["InstanceId"][0]) {
				if strings.HasPrefix(said, p["GroupId"][0]) || len(strings.Fields(said)) != 1 {
					return face + " has " + said
				}
			}
			return ""
		},
	}, {
		document: "Salve-RetireInstance", name: "stopped",
		make: func(w world) map[string][]string {
			return one("InstanceId", w.instance("stopped"), "AllowedDays", "0")
		},
		left: func(w world, p map[string][]string) string {
			if state := w.state(p["InstanceId"][0]); state != "terminated" {
				return "the instance is " + state
			}
			if w.images(p["InstanceId"][0]) != 1 {
				return "there is no image"
			}
			return ""
		},
	}}
}

func (w world) images(id string) int {
	return count(w.do("ec2", "describe_images", m{"Filters": []any{
		m{"Name": "tag:salve:retired-instance", "Values": []any{id}},
	}}), "Images")
}

// TestIsolatingIsUndone: the groups are those that were.
func TestIsolatingIsUndone(t *testing.T) {
	w := newWorld(t)
	id := w.instance("running")
	before := w.faces(id)
	e := w.run(document(t, "Salve-IsolateInstance"), one("InstanceId", id))
	group := output(e, "Group.GroupId")
	if left := w.isolated(id); left != "" || len(group) != 1 {
		t.Fatalf("%s: %s", left, steps(e))
	}
	w.do("iam", "delete_role_policy", m{"RoleName": "salve-isolation", "PolicyName": "runbooks"})
	w.do("iam", "delete_role", m{"RoleName": "salve-isolation"})
	e = w.run(document(t, "Salve-ReleaseInstance"), map[string][]string{"InstanceId": {id}, "GroupId": group})
	for face, said := range w.faces(id) {
		if said != before[face] {
			t.Errorf("%s has %s, not %s: %s", face, said, before[face], steps(e))
		}
	}
}

// TestAnIsolationThatCannotBeWhole puts back what it did: the second interface cannot be changed.
func TestAnIsolationThatCannotBeWhole(t *testing.T) {
	w := newWorld(t)
	id := w.instance("running")
	before := w.faces(id)
	w.fault(lab.Fault{
		Service: "ec2", Operation: "ModifyNetworkInterfaceAttribute", Error: "OperationNotPermitted", After: 1, Count: 1,
	})
	e := w.run(document(t, "Salve-IsolateInstance"), one("InstanceId", id))
	if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), "Isolate Failed") {
		t.Errorf("%s", steps(e))
	}
	for face, said := range w.faces(id) {
		if said != before[face] {
			t.Errorf("%s has %s, not %s", face, said, before[face])
		}
	}
}

// TestAnIsolationThatWasCutOff is finished by the next one: an interface that is cut off keeps what its tag says, and a
// tag on one that is not is a leftover.
func TestAnIsolationThatWasCutOff(t *testing.T) {
	w := newWorld(t)
	id := w.instance("running")
	before := w.faces(id)
	e := w.run(document(t, "Salve-IsolateInstance"), one("InstanceId", id))
	if left := w.isolated(id); left != "" {
		t.Fatalf("%s: %s", left, steps(e))
	}
	second := slices.Max(slices.Collect(maps.Keys(before)))
	w.do("ec2", "modify_network_interface_attribute", m{"NetworkInterfaceId": second, "Groups": []any{before[second]}})
	w.do("ec2", "create_tags", m{
		"Resources": []any{second}, "Tags": []any{m{"Key": "salve:groups-before", "Value": "0123456789abcdef0"}},
	})
	e = w.startedAgain("Salve-IsolateInstance", one("InstanceId", id))
	said := map[string]string{}
	for face, groups := range w.faces(id) {
		isolation, was, _ := strings.Cut(groups, " ")
		if said[face] = "sg-" + was; isolation != output(e, "Group.GroupId")[0] {
			t.Errorf("%s has %s: %s", face, groups, steps(e))
		}
	}
	if diff := cmp.Diff(before, said); diff != "" {
		t.Errorf("what the tags say (-before +now):\n%s", diff)
	}
}

// TestAReleaseThatIsTold which groups there were takes no tag's word for it, and leaves other interfaces alone.
func TestAReleaseThatIsTold(t *testing.T) {
	w := newWorld(t)
	parameters := w.cutOff()
	id := parameters["InstanceId"][0]
	faces := w.faces(id)
	first := slices.Min(slices.Collect(maps.Keys(faces)))
	_, was, _ := strings.Cut(faces[first], " ")
	parameters["Before"] = []string{first + "=sg-00000000000000000"}
	e := w.run(document(t, "Salve-ReleaseInstance"), parameters)
	if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), "somebody changed the tag") {
		t.Errorf("%s", steps(e))
	}
	if diff := cmp.Diff(faces, w.faces(id)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	parameters["Before"] = []string{first + "=sg-" + was}
	e = w.startedAgain("Salve-ReleaseInstance", parameters)
	faces[first] = "sg-" + was
	if diff := cmp.Diff(faces, w.faces(id)); diff != "" {
		t.Errorf("%s (-want +after):\n%s", steps(e), diff)
	}
}

// startedAgain runs a runbook that is there already, as its role.
func (w world) startedAgain(name string, parameters map[string][]string) any {
	w.Helper()
	given := maps.Clone(parameters)
	given["AutomationAssumeRole"] = []string{
		fmt.Sprintf("arn:aws:iam::%s:role/salve/automation/salve-%s", w.account, document(w.T, name).Family),
	}
	w.advance(time.Second) // AWS takes one start a second
	started := w.do("ssm", "start_automation_execution", m{"DocumentName": name, "Parameters": given})
	return w.until(text(started, "AutomationExecutionId"), ended)
}

// TestWhatIsNotIsolated: refused before anything changes.
func TestWhatIsNotIsolated(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w world, id string)
		says   string
	}{
		"terminated": {func(w world, id string) {
			w.do("ec2", "terminate_instances", m{"InstanceIds": []any{id}})
		}, "only one that runs or is stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.instance("running")
			c.change(w, id)
			e := w.run(document(t, "Salve-IsolateInstance"), one("InstanceId", id))
			if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), c.says) ||
				strings.Contains(steps(e), "Snapshot") {
				t.Errorf("%s", steps(e))
			}
		})
	}
}

// TestWhatIsNotRetired stays, and nothing is left of the attempt.
func TestWhatIsNotRetired(t *testing.T) {
	d := document(t, "Salve-RetireInstance")
	for name, c := range map[string]struct {
		state, days string
		permissions []Permission
		change      func(w world, id string)
		says        string
	}{
		"running":  {"running", "0", d.Permissions, nil, "is running, not stopped"},
		"too soon": {"stopped", "30", d.Permissions, nil, "has been stopped for 0 days"},
		"protected": {"stopped", "0", d.Permissions, func(w world, id string) {
			w.do("ec2", "modify_instance_attribute", m{"InstanceId": id, "DisableApiTermination": m{"Value": true}})
		}, "is protected"},
		"not allowed to terminate": {
			"stopped", "0", without(d.Permissions, "ec2:TerminateInstances"), nil,
			"DropImage Success",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.instance(c.state)
			if c.change != nil {
				c.change(w, id)
			}
			execution := w.start(d, c.permissions, one("InstanceId", id, "AllowedDays", c.days))
			later("StaysStopped", 2*time.Minute)(w, execution)
			e := w.until(execution, ended)
			if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), c.says) {
				t.Errorf("%s", steps(e))
			}
			if w.state(id) != c.state || w.images(id) != 0 {
				t.Errorf("the instance is %s and has %d images", w.state(id), w.images(id))
			}
		})
	}
}

// TestAnImageOfWhatIsGone is all there is of the instance: it stays, though the runbook could not finish.
func TestAnImageOfWhatIsGone(t *testing.T) {
	w, d := newWorld(t), document(t, "Salve-RetireInstance")
	id := w.instance("stopped")
	// AWS did as it was asked, and nobody heard so.
	w.fault(lab.Fault{Service: "ec2", Operation: "TerminateInstances", Error: lab.FaultDrop})
	execution := w.start(d, d.Permissions, one("InstanceId", id, "AllowedDays", "0"))
	later("StaysStopped", 2*time.Minute)(w, execution)
	e := w.until(execution, ended)
	if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), "is kept") {
		t.Errorf("%s", steps(e))
	}
	if w.state(id) != "terminated" || w.images(id) != 1 {
		t.Errorf("the instance is %s and has %d images", w.state(id), w.images(id))
	}
}

// TestAnImageOfWhatGoesLate stays as well: AWS took the call, nobody heard so, and for a moment it showed nothing.
func TestAnImageOfWhatGoesLate(t *testing.T) {
	w, d := newWorld(t), document(t, "Salve-RetireInstance")
	id := w.instance("stopped")
	w.fault(lab.Fault{Service: "ec2", Operation: "TerminateInstances", Error: "InternalError", Count: 1})
	execution := w.start(d, d.Permissions, one("InstanceId", id, "AllowedDays", "0"))
	w.until(execution, func(e any) bool { return ended(e) || text(e, "CurrentStepName") == "StaysStopped" })
	w.do("ec2", "terminate_instances", m{"InstanceIds": []any{id}})
	w.advance(2 * time.Minute)
	if e := w.until(execution, ended); w.images(id) != 1 {
		t.Errorf("the instance is %s and has %d images: %s", w.state(id), w.images(id), steps(e))
	}
}

// TestAnInstanceThatIsNotReleased stays cut off as it was.
func TestAnInstanceThatIsNotReleased(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w world, face string)
		says   string
	}{
		"an interface cannot be changed": {func(w world, _ string) {
			w.fault(lab.Fault{
				Service: "ec2", Operation: "ModifyNetworkInterfaceAttribute", Error: "OperationNotPermitted", After: 1, Count: 1,
			})
		}, "Release Failed"},
		"somebody changed an interface": {func(w world, face string) {
			group := w.do("ec2", "describe_security_groups", m{"GroupNames": []any{"default"}})
			w.do("ec2", "modify_network_interface_attribute", m{
				"NetworkInterfaceId": face, "Groups": []any{text(group, "SecurityGroups.0.GroupId")},
			})
		}, "somebody changed the groups"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			parameters := w.cutOff()
			id := parameters["InstanceId"][0]
			c.change(w, slices.Min(slices.Collect(maps.Keys(w.faces(id)))))
			before := w.faces(id)
			e := w.run(document(t, "Salve-ReleaseInstance"), parameters)
			if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), c.says) {
				t.Errorf("%s", steps(e))
			}
			if diff := cmp.Diff(before, w.faces(id)); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}
