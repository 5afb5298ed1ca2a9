package doctor_test

import (
	"errors"
	"time"

	"github.com/salve-security/salve/internal/doctor"
	"github.com/salve-security/salve/internal/gate"
)

// units has a rule ask for units, and the organization be read a while ago.
func units(ago time.Duration, change func(*world)) func(*world, *doctor.Patient) {
	return func(w *world, _ *doctor.Patient) {
		w.settings.Doc = `{"version":1,"controls":{"S3.8":{"mode":"auto","where":[{"ous":["ou-ab12-prod"]}]}}}`
		w.charted = gate.Charted{Chart: &gate.Chart{
			At: now().Add(-ago), Root: "r-ab12",
			Above: map[string]string{account: "ou-ab12-prod", "ou-ab12-prod": "r-ab12"},
		}}
		if change != nil {
			change(w)
		}
	}
}

// unitTable is about what is known of the organization.
func unitTable() map[string]broken {
	const check, page = "organization", "docs/operations.md"
	throttled := func(w *world) {
		w.charted.Trouble, w.charted.TroubleAt = "ThrottlingException: Rate exceeded", now().Add(-time.Minute)
	}
	return map[string]broken{
		"no rule asks for units":  {check, config(""), doctor.OK, "is not read", ""},
		"read a while ago":        {check, units(time.Minute, nil), doctor.OK, "1 account", ""},
		"read too long ago":       {check, units(7*time.Hour, nil), doctor.Wrong, "counts for 6 hours", page},
		"the last reading failed": {check, units(2*time.Hour, throttled), doctor.Wrong, "Rate exceeded", page},
		"all readings failed":     {check, units(7*time.Hour, throttled), doctor.Wrong, "Rate exceeded", page},
		"never read": {
			check,
			units(0, func(w *world) { w.charted = gate.Charted{} }),
			doctor.Wrong,
			"next sweep",
			page,
		},
		"stored by a newer release": {
			check,
			units(0, func(w *world) { w.charted = gate.Charted{Unread: "it has form 2"} }),
			doctor.Wrong,
			"form 2",
			page,
		},
		"the chart cannot be asked": {
			check,
			units(0, func(w *world) { w.wrong["chart"] = errors.New("AccessDenied") }),
			doctor.Unknown,
			"",
			"",
		},
		"the document cannot be asked": {check, config("{"), doctor.NotAsked, "see configuration", ""},
	}
}
