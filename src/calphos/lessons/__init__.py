"""What a lesson needs beside panels: quizzes, claims, the trainer of diagnosis, the virtual clinic."""
