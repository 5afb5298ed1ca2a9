package main

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/salve-security/salve/internal/assess"
	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/backfill"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/doctor"
	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/proof"
	"github.com/salve-security/salve/internal/rehearse"
	"github.com/salve-security/salve/internal/replay"
	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/rollout"
	"github.com/salve-security/salve/internal/runbook"
	"github.com/salve-security/salve/internal/stack"
)

// written are the types that are written in a form.
func written() map[string]reflect.Type {
	return map[string]reflect.Type{
		runForm:                               reflect.TypeFor[report.Report](),
		runForm + "#/$defs/change":            reflect.TypeFor[report.Change](),
		runForm + "#/$defs/hold":              reflect.TypeFor[report.Hold](),
		runForm + "#/$defs/exception":         reflect.TypeFor[report.Exception](),
		runForm + "#/$defs/waits":             reflect.TypeFor[report.Waits](),
		runForm + "#/$defs/execution":         reflect.TypeFor[report.Execution](),
		runForm + "#/$defs/step":              reflect.TypeFor[report.Step](),
		"stop-v1.json#/$defs/stop":            reflect.TypeFor[report.Stop](),
		"stop-v1.json#/$defs/resumed":         reflect.TypeFor[resumeReport](),
		"ring-v1.json#/$defs/stage":           reflect.TypeFor[ringReport](),
		"ring-v1.json#/$defs/moved":           reflect.TypeFor[movedReport](),
		"ring-v1.json#/$defs/change":          reflect.TypeFor[moveReport](),
		configForm + "rings":                  reflect.TypeFor[gate.Rings](),
		configForm + "ring":                   reflect.TypeFor[gate.Ring](),
		"audit-v1.json":                       reflect.TypeFor[audit.Line](),
		"replay-v1.json#/$defs/finding":       reflect.TypeFor[replay.Open](),
		"replay-v1.json#/$defs/letter":        reflect.TypeFor[replay.Row](),
		rehearsalForm + "report":              reflect.TypeFor[rehearse.Report](),
		rehearsalForm + "count":               reflect.TypeFor[rehearse.Count](),
		rehearsalForm + "finding":             reflect.TypeFor[rehearse.Row](),
		"finding-v1.json":                     reflect.TypeFor[findingReport](),
		"control-v1.json":                     reflect.TypeFor[controlReport](),
		"control-v1.json#/$defs/parameter":    reflect.TypeFor[paramReport](),
		"standard-v1.json#/$defs/standard":    reflect.TypeFor[standardReport](),
		"standard-v1.json#/$defs/entry":       reflect.TypeFor[entryReport](),
		configForm + "shown":                  reflect.TypeFor[configReport](),
		configForm + "valid":                  reflect.TypeFor[validReport](),
		configForm + "change":                 reflect.TypeFor[pushReport](),
		configForm + "difference":             reflect.TypeFor[gate.Difference](),
		configForm + "disabled":               reflect.TypeFor[report.Disable](),
		configForm + "lifted":                 reflect.TypeFor[liftReport](),
		configForm + "version":                reflect.TypeFor[versionReport](),
		configForm + "rule":                   reflect.TypeFor[ruleReport](),
		configForm + "looked":                 reflect.TypeFor[looked](),
		configForm + "backfill":               reflect.TypeFor[backfillReport](),
		configForm + "severity":               reflect.TypeFor[backfill.Count](),
		configForm + "left":                   reflect.TypeFor[backfill.Left](),
		configForm + "default":                reflect.TypeFor[defaultReport](),
		configForm + "entry":                  reflect.TypeFor[gate.Rule](),
		configForm + "where":                  reflect.TypeFor[gate.Where](),
		configForm + "classes":                reflect.TypeFor[gate.Classes](),
		configForm + "class":                  reflect.TypeFor[gate.Class](),
		configForm + "window":                 reflect.TypeFor[gate.Window](),
		configForm + "freeze":                 reflect.TypeFor[gate.Freeze](),
		configForm + "calendar":               reflect.TypeFor[gate.Calendar](),
		configForm + "exception":              reflect.TypeFor[gate.Exception](),
		configForm + "approvals":              reflect.TypeFor[gate.Approvals](),
		configForm + "approver":               reflect.TypeFor[gate.Approver](),
		"approval-v1.json#/$defs/waiting":     reflect.TypeFor[waitingReport](),
		"approval-v1.json#/$defs/answered":    reflect.TypeFor[answeredReport](),
		"exception-v1.json#/$defs/exception":  reflect.TypeFor[exceptionReport](),
		"exception-v1.json#/$defs/added":      reflect.TypeFor[addReport](),
		"exception-v1.json#/$defs/expired":    reflect.TypeFor[expireReport](),
		"approval-v1.json#/$defs/answer":      reflect.TypeFor[answerReport](),
		"action-v1.json":                      reflect.TypeFor[actionReport](),
		"lock-v1.json#/$defs/lock":            reflect.TypeFor[leftReport](),
		"lock-v1.json#/$defs/released":        reflect.TypeFor[releaseReport](),
		configForm + "runbook":                reflect.TypeFor[control.Mapping](),
		configForm + "proof":                  reflect.TypeFor[control.Proof](),
		"runbook-v1.json#/$defs/problem":      reflect.TypeFor[problemReport](),
		"runbook-v1.json#/$defs/runbook":      reflect.TypeFor[runbookReport](),
		"runbook-v1.json#/$defs/seen":         reflect.TypeFor[runbook.Seen](),
		orgForm + "step":                      reflect.TypeFor[enable.Row](),
		orgForm + "account":                   reflect.TypeFor[orgAccount](),
		"selftest-v1.json#/$defs/report":      reflect.TypeFor[proof.Report](),
		"selftest-v1.json#/$defs/control":     reflect.TypeFor[proof.Control](),
		"selftest-v1.json#/$defs/step":        reflect.TypeFor[proof.Step](),
		"selftest-v1.json#/$defs/plan":        reflect.TypeFor[selftestPlan](),
		"selftest-v1.json#/$defs/seed":        reflect.TypeFor[seedReport](),
		assessForm:                            reflect.TypeFor[assess.Summary](),
		assessForm + "#/$defs/query":          reflect.TypeFor[assess.Query](),
		assessForm + "#/$defs/counts":         reflect.TypeFor[assess.Count](),
		assessForm + "#/$defs/control":        reflect.TypeFor[assess.ControlCount](),
		assessForm + "#/$defs/account":        reflect.TypeFor[assess.AccountCount](),
		assessForm + "#/$defs/score":          reflect.TypeFor[assess.Score](),
		assessForm + "#/$defs/reason":         reflect.TypeFor[assess.Because](),
		assessForm + "#/$defs/work":           reflect.TypeFor[assess.Row](),
		"doctor-v1.json#/$defs/report":        reflect.TypeFor[doctorReport](),
		"doctor-v1.json#/$defs/answer":        reflect.TypeFor[doctor.Answer](),
		"doctor-v1.json#/$defs/account":       reflect.TypeFor[doctor.AccountAnswer](),
		"lab-v1.json#/$defs/started":          reflect.TypeFor[lab.Daemon](),
		"lab-v1.json#/$defs/status":           reflect.TypeFor[lab.Status](),
		"lab-v1.json#/$defs/fault":            reflect.TypeFor[lab.Fault](),
		"lab-v1.json#/$defs/reset":            reflect.TypeFor[resetReport](),
		deploymentForm:                        reflect.TypeFor[deployReport](),
		deploymentForm + "#/$defs/item":       reflect.TypeFor[rollout.Item](),
		deploymentForm + "#/$defs/difference": reflect.TypeFor[stack.Difference](),
		deploymentForm + "#/$defs/change":     reflect.TypeFor[stack.Change](),
		deploymentForm + "#/$defs/drift":      reflect.TypeFor[stack.Drift](),
	}
}

// TestSchemasNameTheFieldsThereAre: a field that is always written is required, and no other.
func TestSchemasNameTheFieldsThereAre(t *testing.T) {
	for schema, of := range written() {
		t.Run(schema, func(t *testing.T) {
			node := readSchema(t, schema)
			var all, always []string
			if schema == "audit-v1.json" { // which a line writes in front of its fields
				all, always = []string{"version"}, []string{"version"}
			}
			for _, field := range reflect.VisibleFields(of) { // what is embedded stands beside the others
				name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
				if name == "" || name == "-" {
					continue
				}
				if all = append(all, name); options == "" {
					always = append(always, name)
				}
			}
			named := slices.Collect(maps.Keys(node.Properties))
			for _, list := range [][]string{all, always, named, node.Required} {
				slices.Sort(list)
			}
			if d := cmp.Diff(all, named); d != "" {
				t.Errorf("fields (-Go +schema):\n%s", d)
			}
			if d := cmp.Diff(always, node.Required, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("fields that are always there (-Go +schema):\n%s", d)
			}
		})
	}
}
