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

// TestABrokerThatNobodyMayReboot is as it was, whatever the reason.
func TestABrokerThatNobodyMayReboot(t *testing.T) {
	d := document(t, "Salve-LogBroker")
	approve := func(w world, id string) { w.decide(id, "Approve") }
	for name, c := range map[string]struct {
		drop, status, says string
		meanwhile          func(w world, id string)
	}{
		"rejected":    {"", "Rejected", "Approve Rejected", func(w world, id string) { w.decide(id, "Reject") }},
		"no answer":   {"", "TimedOut", "Approve TimedOut", later("Approve", 73*time.Hour)},
		"not allowed": {"mq:RebootBroker", "Failed", "PutBack Success", approve},
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
			if now := w.logs(parameters["BrokerId"][0]); now != "general true, audit false" {
				t.Errorf("it logs %s", now)
			}
		})
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
