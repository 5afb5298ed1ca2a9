package doctor_test

import (
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/doctor"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

// config stores a configuration.
func config(doc string) func(*world, *doctor.Patient) {
	return func(w *world, _ *doctor.Patient) { w.settings.Doc = doc }
}

// stop has somebody stop something.
func stop(s gate.Stop) func(*world, *doctor.Patient) {
	return func(w *world, _ *doctor.Patient) {
		s.Origin = gate.Origin{Owner: "bob", Reason: "an incident"}
		w.settings.Stops = []gate.Stop{s}
	}
}

// last has a run end, and another begin.
func last(r run.Run) func(*world, *doctor.Patient) {
	return func(w *world, _ *doctor.Patient) {
		r.ID, r.Created = "r1", now()
		w.runs = []*run.Run{{ID: "r2", Status: run.StatusParked}, &r}
	}
}

// preview has the plan fail.
func preview(err error) func(*world, *doctor.Patient) {
	return func(w *world, _ *doctor.Patient) { w.wrong["preview"] = err }
}

// gateTable breaks what people decide.
func gateTable() map[string]broken {
	return map[string]broken{
		"a configuration that cannot be read": {"configuration", config("{"), doctor.Wrong, "cannot be read", "config push"},
		"a configuration of nonsense": {"configuration", func(w *world, _ *doctor.Patient) {
			w.wrong["known"] = errors.New("controls.X.1: is not a control")
		}, doctor.Wrong, "is not a control", "config push"},
		"no configuration": {"configuration", config(""), doctor.OK, "never by itself", ""},
		"manual": {
			"gate", config(""), doctor.Wrong, "acts only when a person asks",
			"salve enable S3.8 --account 222222222222",
		},
		"off": {
			"gate", config(`{"version":1,"controls":{"S3.8":{"mode":"off"}}}`), doctor.Wrong, "is off here",
			"salve enable S3.8 --account 222222222222",
		},
		"on plan": {
			"gate", config(`{"version":1,"controls":{"S3.8":{"mode":"plan"}}}`), doctor.OK, "says plan",
			"",
		},
		"on approve, with approvers": {
			"gate", config(`{"version":1,"controls":{"S3.8":{"mode":"approve"}},"approvals":{"approvers":[` +
				`{"arn":"arn:aws:iam::111111111111:role/approvers"}]}}`), doctor.OK, "with salve approve", "",
		},
		"everything stopped": {"gate", stop(gate.Stop{}), doctor.Wrong, "bob: an incident", "salve resume"},
		"a control stopped": {
			"gate", stop(gate.Stop{Control: "S3.8"}), doctor.Wrong, "bob: an incident",
			"salve resume S3.8",
		},
		"an exception": {
			"gate", config(`{"version":1,"controls":{"S3.8":{"mode":"auto"}},"exceptions":[{"control":"S3.8",` +
				`"resource":"arn:aws:s3:::logs","reason":"public site","owner":"web","expires":"2027-01-01"}]}`), doctor.Wrong,
			"public site", "Turn a control on",
		},
		"a hold": {"gate", func(w *world, _ *doctor.Patient) {
			w.hold = &run.Hold{Until: now().Add(time.Hour), By: "ann", Reason: "taken back"}
		}, doctor.Wrong, "ann: taken back", "salve apply S3.8 arn:aws:s3:::logs --account 222222222222"},
		"a gate that cannot be asked": {"gate", func(w *world, _ *doctor.Patient) {
			w.wrong["decide"] = errors.New("no route")
		}, doctor.Unknown, "could not be asked", ""},
		"no finding yet": {"gate", func(w *world, _ *doctor.Patient) { w.found = nil }, doctor.OK, "says act", ""},
	}
}

// findingTable breaks findings and sessions.
func findingTable() map[string]broken {
	return map[string]broken{
		"nothing reported": {
			"findings", func(w *world, _ *doctor.Patient) { w.found = nil }, doctor.OK,
			"reports nothing", "",
		},
		"all passed": {
			"findings", func(w *world, _ *doctor.Patient) { w.found[0].Compliance = "PASSED" }, doctor.OK,
			"nothing that would start a run", "",
		},
		"a session that is too wide": {"session", func(_ *world, p *doctor.Patient) {
			p.Control = about(func(i *control.Info) {
				for range 200 {
					i.Actions = append(i.Actions, "s3:Get"+strings.Repeat("A", len(i.Actions)))
				}
			})
		}, doctor.Wrong, "no session can be limited", ""},
		"a control about identities": {"session", func(_ *world, p *doctor.Patient) {
			p.Control = about(func(i *control.Info) { i.Role = control.RoleIdentity })
		}, doctor.NotAsked, "a person has approved", ""},
	}
}

// pastTable breaks plans, and runs of before.
func pastTable() map[string]broken {
	return map[string]broken{
		"a resource that may not be read": {
			"plan", preview(denial("with an explicit deny in a resource control policy")),
			doctor.Wrong, "resource control policy (RCP)", "have whoever owns it",
		},
		"rights that are missing": {
			"plan", preview(denial("")), doctor.Wrong, "may not be read",
			"salve deploy members --account",
		},
		"a resource that is refused": {
			"plan", preview(fault.New(fault.Refused, "it is a website")), doctor.Wrong,
			"It is a website", "",
		},
		"a resource that is gone": {"plan", preview(fault.New(fault.Gone, "gone")), doctor.OK, "is gone", ""},
		"a run that was denied": {
			"runs", last(run.Run{Status: run.StatusDenied, Reason: "an explicit deny in an SCP"}),
			doctor.Wrong, "is denied: an explicit deny in an SCP", "salve show r1",
		},
		"a run that failed":    {"runs", last(run.Run{Status: run.StatusFailed}), doctor.Wrong, "is failed", "salve show r1"},
		"a run that went well": {"runs", last(run.Run{Status: run.StatusVerified}), doctor.OK, "is verified", ""},
	}
}

// togetherTable breaks where findings come together.
func togetherTable() map[string]broken {
	all := map[string]broken{}
	for name, c := range map[string]struct {
		home, mode string
		regions    []string
		verdict    doctor.Verdict
		says, fix  string
	}{
		"together elsewhere": {
			"us-east-1", "ALL_REGIONS", nil, doctor.Wrong, "come together in us-east-1",
			"AWS_REGION=us-east-1",
		},
		"together but some": {
			home, "ALL_REGIONS_EXCEPT_SPECIFIED",
			[]string{"ap-south-1"},
			doctor.Wrong,
			"findings of ap-south-1 do not reach",
			"aws securityhub get-finding-aggregator --finding-aggregator-arn arn:aggregator",
		},
		"some together": {
			home, "SPECIFIED_REGIONS",
			[]string{"us-east-1"},
			doctor.Wrong, "us-east-1 and no others",
			"get-finding-aggregator",
		},
		"one of some":   {home, "SPECIFIED_REGIONS", []string{"ap-south-1"}, doctor.OK, "ap-south-1", ""},
		"none together": {home, "NO_REGIONS", nil, doctor.Wrong, "of no other Region", "get-finding-aggregator"},
	} {
		all[name] = broken{"aggregation", func(w *world, p *doctor.Patient) {
			p.Region = "ap-south-1"
			w.answers["securityhub:GetFindingAggregator"] = &securityhub.GetFindingAggregatorOutput{
				FindingAggregatorArn: aws.String("arn:aggregator"), FindingAggregationRegion: &c.home,
				RegionLinkingMode: &c.mode, Regions: c.regions,
			}
		}, c.verdict, c.says, c.fix}
	}
	none := func(region string) func(*world, *doctor.Patient) {
		return func(w *world, p *doctor.Patient) {
			p.Region = region
			w.answers["securityhub:ListFindingAggregators"] = &securityhub.ListFindingAggregatorsOutput{}
		}
	}
	all["not together"] = broken{
		"aggregation", none("ap-south-1"), doctor.Wrong, "there is no aggregation",
		"create-finding-aggregator --region-linking-mode SPECIFIED_REGIONS --regions ap-south-1",
	}
	all["one Region alone"] = broken{"aggregation", none(home), doctor.OK, "there is no aggregation", ""}
	return all
}
