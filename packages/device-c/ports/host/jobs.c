/* SPDX-License-Identifier: Apache-2.0 */
/* Host program: the file of jobs. */
#include "jobs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 16384u
#define WORDS_MAX  128

static char complaint[512];

/* Cuts a line at its tabs; argv[0] stands for the program, and a null pointer ends the list. 0: too
 * many words. */
static int cut_line(char *line, char *argv[WORDS_MAX + 1]) {
  static char name[] = "tinyseg-host";
  int argc = 1;
  argv[0] = name;
  for (char *at = line; at != NULL;) {
    if (argc == WORDS_MAX) {
      return 0;
    }
    argv[argc++] = at;
    at = strchr(at, '\t');
    if (at != NULL) {
      *at++ = '\0';
    }
  }
  argv[argc] = NULL;
  return argc;
}

static const char *run_lines(FILE *file, int (*job)(int argc, char **argv), int *code) {
  static char line[LINE_BYTES];
  char *argv[WORDS_MAX + 1];
  unsigned number = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    number++;
    const size_t length = strcspn(line, "\n");
    const bool whole = line[length] == '\n' || feof(file) != 0;
    line[length] = '\0';
    const int argc = whole ? cut_line(line, argv) : 0;
    if (argc == 0) {
      (void)snprintf(complaint, sizeof complaint, "line %u of the jobs is too long", number);
      return complaint;
    }
    const int job_code = job(argc, argv);
    (void)fflush(stdout);
    if (*code == 0) {
      *code = job_code;
    }
  }
  return ferror(file) != 0 ? "the jobs can't be read" : NULL;
}

const char *host_jobs_run(const char *path, int (*job)(int argc, char **argv), int *code) {
  *code = 0;
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    (void)snprintf(complaint, sizeof complaint, "jobs '%.300s' can't be read: %s", path,
                   strerror(errno));
    return complaint;
  }
  const char *wrong = run_lines(file, job, code);
  (void)fclose(file);
  return wrong;
}
