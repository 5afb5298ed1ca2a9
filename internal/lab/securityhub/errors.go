package securityhub

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// apiError is an error answer in AWS's shape.
type apiError struct {
	code    string
	status  int
	message string
}

// Error makes an apiError usable as an error.
func (e *apiError) Error() string { return e.code + ": " + e.message }

// invalidInput is for requests that cannot be right, whoever sends them.
func invalidInput(format string, args ...any) error {
	return &apiError{"InvalidInputException", http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// invalidAccess is for accounts in which Security Hub is not enabled.
func invalidAccess(format string, args ...any) error {
	return &apiError{"InvalidAccessException", http.StatusUnauthorized, fmt.Sprintf(format, args...)}
}

// accessDenied is for requests that the lab did not authorise.
func accessDenied(format string, args ...any) error {
	return &apiError{"AccessDeniedException", http.StatusForbidden, fmt.Sprintf(format, args...)}
}

// notFound is also the answer for what belongs to somebody else: existence is not disclosed.
func notFound(format string, args ...any) error {
	return &apiError{"ResourceNotFoundException", http.StatusNotFound, fmt.Sprintf(format, args...)}
}

// conflict is for creating what exists.
func conflict(format string, args ...any) error {
	return &apiError{"ResourceConflictException", http.StatusConflict, fmt.Sprintf(format, args...)}
}

// limitExceeded is for quotas.
func limitExceeded(format string, args ...any) error {
	return &apiError{"LimitExceededException", http.StatusTooManyRequests, fmt.Sprintf(format, args...)}
}

// unknownOperation keeps a client from taking silence for success when the lab lacks an operation.
func unknownOperation(r *http.Request) error {
	message := fmt.Sprintf("the lab's Security Hub does not know %s %s", r.Method, r.URL.Path)
	return &apiError{"UnknownOperationException", http.StatusNotFound, message}
}

// writeError answers err; whatever is not an apiError is a defect of the lab and becomes InternalException.
func writeError(w http.ResponseWriter, err error) {
	var api *apiError
	if !errors.As(err, &api) {
		api = &apiError{"InternalException", http.StatusInternalServerError, err.Error()}
	}
	w.Header().Set("X-Amzn-ErrorType", api.code)
	writeJSON(w, api.status, map[string]string{"Code": api.code, "Message": api.message})
}

// writeJSON answers a body; a failed write means that the client has gone, which is nobody's error.
func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
