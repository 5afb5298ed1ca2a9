package ssmdocuments

import (
	"slices"
	"testing"
)

// TestScriptsAlone: what the emulators cannot show, such as what takes its time.
func TestScriptsAlone(t *testing.T) {
	playScripts(t, slices.Concat(
		bucketScripts(t), waitingScripts(t), instanceScripts(t), decidingScripts(t), brokerScripts(t),
		originScripts(t),
	))
}

// bucketScripts are about buckets.
func bucketScripts(t *testing.T) []scriptCase {
	block := func(last bool) m {
		return m{"PublicAccessBlockConfiguration": m{
			"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": last,
		}}
	}
	return []scriptCase{
		scriptCase{
			Name: "S3 lags behind", Events: m{"Bucket": "b", "Account": "1"},
			Answers: map[string][]any{"s3.get_public_access_block": {block(false), block(false), block(true)}},
			result:  m{"Closed": true}, slept: 6,
		}.of(t, "Salve-CloseBucket", "Prove"),
		scriptCase{
			Name: "never", Events: m{"Bucket": "b", "Account": "1"},
			Answers: map[string][]any{"s3.get_public_access_block": {block(false)}},
			says:    "does not block RestrictPublicBuckets", slept: 30,
		}.of(t, "Salve-CloseBucket", "Prove"),
	}
}

// waitingScripts are those that wait.
func waitingScripts(t *testing.T) []scriptCase {
	snapshots := func(states ...string) m {
		var listed []any
		for _, state := range states {
			listed = append(listed, m{"State": state})
		}
		return m{"Snapshots": listed}
	}
	agent := m{"InstanceInformationList": []any{m{"PingStatus": "Online", "AgentVersion": "3"}}}
	two, command := m{"SnapshotIds": []any{"a", "b"}}, m{"InstanceId": "i", "CommandId": "c"}
	return []scriptCase{
		scriptCase{
			Name: "one takes longer", Events: two,
			Answers: map[string][]any{"ec2.describe_snapshots": {
				snapshots("pending", "pending"), snapshots("completed", "pending"), snapshots("completed", "completed"),
			}},
			result: m{"Completed": 2.0}, slept: 30,
		}.of(t, "Salve-IsolateInstance", "Await"),
		scriptCase{
			Name: "one fails", Events: two,
			Answers: map[string][]any{"ec2.describe_snapshots": {snapshots("completed", "error")}},
			says:    "a snapshot failed",
		}.of(t, "Salve-IsolateInstance", "Await"),
		scriptCase{
			Name: "one is gone", Events: two,
			Answers: map[string][]any{"ec2.describe_snapshots": {snapshots("completed")}},
			says:    "not complete yet", slept: 540,
		}.of(t, "Salve-IsolateInstance", "Await"),
		scriptCase{
			Name: "after a while", Events: m{"InstanceId": "i"},
			Answers: map[string][]any{"ssm.describe_instance_information": {
				m{"InstanceInformationList": []any{}}, m{"InstanceInformationList": []any{m{"PingStatus": "Inactive"}}}, agent,
			}},
			result: m{"Agent": "3"}, slept: 30,
		}.of(t, "Salve-ManageInstance", "AwaitAgent"),
		scriptCase{
			Name: "never", Events: m{"InstanceId": "i"},
			Answers: map[string][]any{"ssm.describe_instance_information": {m{"InstanceInformationList": []any{}}}},
			says:    "has not registered yet", slept: 540,
		}.of(t, "Salve-ManageInstance", "AwaitAgent"),
		scriptCase{
			Name: "not known yet", Events: command,
			Answers: map[string][]any{"ssm.get_command_invocation": {
				m{"error": "InvocationDoesNotExist"}, m{"Status": "InProgress"}, m{"Status": "Success"},
			}},
			result: m{"Status": "Success"}, slept: 30,
		}.of(t, "Salve-PatchInstance", "AwaitInstall"),
		scriptCase{
			Name: "somebody cancels", Events: command,
			Answers: map[string][]any{"ssm.get_command_invocation": {m{"Status": "Cancelled"}}},
			result:  m{"Status": "Cancelled"},
		}.of(t, "Salve-PatchInstance", "AwaitInstall"),
	}
}

// instanceScripts are about instances.
func instanceScripts(t *testing.T) []scriptCase {
	instance := func(tags []any) map[string][]any {
		return map[string][]any{
			"ec2.describe_instances": {m{"Reservations": []any{m{"Instances": []any{m{
				"State": m{"Name": "stopped"}, "Tags": tags, "RootDeviceType": "ebs", "VpcId": "vpc-1",
				"StateTransitionReason": "User initiated (2020-01-01 00:00:00 GMT)", "NetworkInterfaces": []any{},
			}}}}}},
			"ec2.describe_instance_attribute": {m{"DisableApiTermination": m{"Value": false}}},
		}
	}
	scaled := []any{m{"Key": "aws:autoscaling:groupName", "Value": "web"}}
	return []scriptCase{
		scriptCase{
			Name: "of an Auto Scaling group", Events: m{"InstanceId": "i"}, Answers: instance(scaled),
			says: "Auto Scaling",
		}.of(t, "Salve-IsolateInstance", "Read"),
		scriptCase{
			Name: "without a network", Events: m{"InstanceId": "i"}, Answers: instance([]any{}),
			says: "no network interface",
		}.of(t, "Salve-IsolateInstance", "Read"),
		scriptCase{
			Name: "of an Auto Scaling group", Events: m{"InstanceId": "i", "AllowedDays": 30},
			Answers: instance(scaled), says: "Auto Scaling",
		}.of(t, "Salve-RetireInstance", "Check"),
		scriptCase{
			Name: "for longer than ever", Events: m{"InstanceId": "i", "AllowedDays": 100000},
			Answers: instance([]any{}), says: "not for more than 100000",
		}.of(t, "Salve-RetireInstance", "Check"),
		scriptCase{
			Name: "started and stopped again", Events: m{"InstanceId": "i", "Since": "2019-01-01 00:00:00"},
			Answers: instance([]any{}), says: "somebody started",
		}.of(t, "Salve-RetireInstance", "StillStopped"),
	}
}

// decidingScripts are those that decide.
func decidingScripts(t *testing.T) []scriptCase {
	return []scriptCase{
		scriptCase{
			Name: "an unknown system", Events: m{"InstanceId": "i"},
			Answers: map[string][]any{
				"ssm.describe_instance_information": {m{"InstanceInformationList": []any{
					m{"PingStatus": "Online", "PlatformType": "Linux", "PlatformName": "Plan 9"},
				}}},
				"ec2.describe_instances": {m{"Reservations": []any{m{"Instances": []any{m{}}}}}},
			},
			says: "no baseline for Plan 9",
		}.of(t, "Salve-PatchInstance", "Read"),
	}
}
