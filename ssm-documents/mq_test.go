package ssmdocuments

import (
	"strings"
	"testing"
	"time"
)

// broker makes a broker that writes its general log.
func (w world) broker(engine, version string) string {
	w.Helper()
	made := w.do("mq", "create_broker", m{
		"BrokerName": "orders", "EngineType": engine, "EngineVersion": version, "HostInstanceType": "mq.m5.large",
		"DeploymentMode": "SINGLE_INSTANCE", "PubliclyAccessible": false, "AutoMinorVersionUpgrade": true,
		"Logs": m{"General": true}, "Users": []any{m{"Username": "app", "Password": "not-a-secret-1"}},
	})
	return text(made, "BrokerId")
}

// logs are what a broker logs.
func (w world) logs(id string) string {
	w.Helper()
	told := w.do("mq", "describe_broker", m{"BrokerId": id})
	return "general " + text(told, "Logs.General") + ", audit " + text(told, "Logs.Audit")
}

// decide waits for the question and answers it as the account's root.
func (w world) decide(id, decision string) {
	w.Helper()
	w.until(id, func(e any) bool { return ended(e) || text(e, "AutomationExecutionStatus") == "Waiting" })
	w.try("ssm", "send_automation_signal", m{"AutomationExecutionId": id, "SignalType": decision})
}

func (w world) brokerParameters() map[string][]string {
	return one("BrokerId", w.broker("ACTIVEMQ", "5.18"), "Approvers", "arn:aws:iam::"+w.account+":root")
}

func brokerScenes() []scene {
	return []scene{{
		document: "Salve-LogBroker", name: "with a general log",
		make:      world.brokerParameters,
		meanwhile: func(w world, id string) { w.decide(id, "Approve") },
		left: func(w world, p map[string][]string) string {
			if now := w.logs(p["BrokerId"][0]); now != "general true, audit true" {
				return "it logs " + now
			}
			return ""
		},
	}}
}

// TestABrokerThatNobodyMayReboot is as it was where nobody approves. Without the right to reboot it is put back, which
// the lab cannot show: its brokers take a change at once.
func TestABrokerThatNobodyMayReboot(t *testing.T) {
	d := document(t, "Salve-LogBroker")
	approve := func(w world, id string) { w.decide(id, "Approve") }
	for name, c := range map[string]struct {
		drop, status, says, audit string
		meanwhile                 func(w world, id string)
	}{
		"rejected":    {"", "Rejected", "Approve Rejected", "false", func(w world, id string) { w.decide(id, "Reject") }},
		"no answer":   {"", "TimedOut", "Approve TimedOut", "false", later("Approve", 73*time.Hour)},
		"not allowed": {"mq:RebootBroker", "Failed", "PutBack Success", "true", approve},
		"not changed": {"mq:UpdateBroker", "Failed", "PutBack Success", "false", approve},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			parameters := w.brokerParameters()
			id := w.start(d, without(d.Permissions, c.drop), parameters)
			c.meanwhile(w, id)
			e := w.until(id, ended)
			if text(e, "AutomationExecutionStatus") != c.status || !strings.Contains(steps(e), c.says) {
				t.Errorf("%s: %s", text(e, "AutomationExecutionStatus"), steps(e))
			}
			if now := w.logs(parameters["BrokerId"][0]); now != "general true, audit "+c.audit {
				t.Errorf("it logs %s", now)
			}
		})
	}
}

// TestABrokerWhoseRunbookIsCancelled between the change and the reboot is put back as after a failure: the change would
// wait for a reboot that nobody expects.
func TestABrokerWhoseRunbookIsCancelled(t *testing.T) {
	w, d := newWorld(t), document(t, "Salve-LogBroker")
	content := strings.Replace(d.Content, "    inputs:\n      Service: mq\n      Api: RebootBroker\n"+
		"      BrokerId: \"{{ BrokerId }}\"\n", "    inputs: {Duration: PT1H}\n", 1)
	content = strings.Replace(content, "  - name: Reboot\n    action: aws:executeAwsApi\n    timeoutSeconds: 600\n",
		"  - name: Reboot\n    action: aws:sleep\n    timeoutSeconds: 7200\n", 1)
	if d.Content == content || strings.Contains(content, "RebootBroker\n") {
		t.Fatal("the reboot is not held up")
	}
	d.Content = content
	id := w.start(d, d.Permissions, w.brokerParameters())
	w.decide(id, "Approve")
	w.until(id, func(e any) bool { return ended(e) || text(e, "CurrentStepName") == "Reboot" })
	w.do("ssm", "stop_automation_execution", m{"AutomationExecutionId": id, "Type": "Cancel"})
	e := w.until(id, ended)
	if text(e, "AutomationExecutionStatus") != "Cancelled" || !strings.Contains(steps(e), "PutBack Success") {
		t.Errorf("%s: %s", text(e, "AutomationExecutionStatus"), steps(e))
	}
}

// TestABrokerOfAnotherEngine has no audit log: nobody is asked.
func TestABrokerOfAnotherEngine(t *testing.T) {
	w := newWorld(t)
	id := w.broker("RABBITMQ", "3.13")
	e := w.run(document(t, "Salve-LogBroker"), one("BrokerId", id, "Approvers", "arn:aws:iam::222222222222:root"))
	if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), "only ActiveMQ") {
		t.Errorf("%s", steps(e))
	}
}

// brokerScripts are about brokers that have something waiting for their reboot, which those of the lab never have.
func brokerScripts(t *testing.T) []scriptCase {
	broker := func(state string, logs m, more ...string) map[string][]any {
		told := m{"EngineType": "ActiveMQ", "BrokerState": state, "BrokerName": "orders", "Logs": logs}
		for i := 0; i < len(more); i += 2 {
			told[more[i]] = more[i+1]
		}
		return map[string][]any{"mq.describe_broker": {told}, "mq.update_broker": {m{}}}
	}
	given := m{"BrokerId": "b", "Waited": false}
	pending := m{"Audit": false, "General": true, "Pending": m{"Audit": true, "General": true}}
	updated := []string{"mq.describe_broker", "mq.update_broker"}
	return []scriptCase{
		scriptCase{
			Name: "another version waits", Events: given, says: "PendingEngineVersion",
			Answers: broker("RUNNING", m{"Audit": false}, "EngineVersion", "5.18", "PendingEngineVersion", "5.19"),
		}.of(t, "Salve-LogBroker", "Read"),
		scriptCase{
			Name: "the same version", Events: given, result: m{"Name": "orders", "Waited": false},
			Answers: broker("RUNNING", m{"Audit": false}, "EngineVersion", "5.18", "PendingEngineVersion", "5.18"),
		}.of(t, "Salve-LogBroker", "Read"),
		scriptCase{
			Name: "the audit log waits", Events: given, result: m{"Name": "orders", "Waited": true},
			Answers: broker("RUNNING", pending),
		}.of(t, "Salve-LogBroker", "Read"),
		scriptCase{
			Name: "another version waits since", Events: given, says: "PendingEngineVersion",
			Answers: broker("RUNNING", m{"Audit": false}, "EngineVersion", "5.18", "PendingEngineVersion", "5.19"),
			calls:   updated[:1],
		}.of(t, "Salve-LogBroker", "Update"),
		scriptCase{
			Name: "somebody rebooted it for its audit log", Events: given, says: "already",
			Answers: broker("RUNNING", m{"Audit": true}), calls: updated[:1],
		}.of(t, "Salve-LogBroker", "Update"),
		scriptCase{
			Name: "it reboots just now", Events: given, says: "REBOOT_IN_PROGRESS",
			Answers: broker("REBOOT_IN_PROGRESS", m{"Audit": false}), calls: updated[:1],
		}.of(t, "Salve-LogBroker", "Update"),
		scriptCase{
			Name: "the general log waits", Events: given, result: m{"General": true}, calls: updated,
			Answers: broker("RUNNING", m{"Audit": false, "General": false, "Pending": m{"General": true}}),
		}.of(t, "Salve-LogBroker", "Update"),
		scriptCase{
			Name: "nobody reboots it", Events: given, result: m{"Back": true}, calls: updated,
			Answers: broker("RUNNING", pending),
		}.of(t, "Salve-LogBroker", "PutBack"),
		scriptCase{
			Name: "it waited before", Events: m{"BrokerId": "b", "Waited": true}, result: m{"Back": false},
			Answers: broker("RUNNING", pending), calls: updated[:1],
		}.of(t, "Salve-LogBroker", "PutBack"),
		scriptCase{
			Name: "it reboots all the same", Events: given, result: m{"Back": false},
			Answers: broker("REBOOT_IN_PROGRESS", pending), calls: updated[:1],
		}.of(t, "Salve-LogBroker", "PutBack"),
	}
}
